import { loginForm } from "./location.ts";

/**
 * Why a location that was written in short form may mean something else than what it is read as: a relative path that
 * is a host's name or begins with one, a login on a host that has a file of its own. Undefined: it cannot.
 */
export function ambiguityOf(text: string, isHost: (name: string) => boolean): string | undefined {
  const [, first, rest = ""] = /^([^/:]+)(?:\/+(.*))?$/s.exec(text) ?? [];
  if (first !== undefined && isHost(first))
    return `"${text}" may be a local path or a path on the host ${first}; write ./${text} or ${first}:${rest}`;
  const login = loginForm(text);
  if (login === undefined || !isHost(login.address)) return undefined;
  const { user, address: host, path } = login;
  return `"${text}": ${host} is a host of this configuration, and its user is set in its file; write ${host}:${path}, or ftp://${user}@${host}/${path} for a server of that name`;
}
