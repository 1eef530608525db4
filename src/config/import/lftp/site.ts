import { ConfigError } from "../../../shared/errors.ts";
import { loginForm, parseLocation, type UrlLocation } from "../../locations/location.ts";
import { ImportError, portOf } from "../imported.ts";
import { EXPANSION, type ScriptText } from "./words.ts";

/** A server as `open` and URLs name it, and a path there. */
export interface Site {
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  /** Name of the environment variable that has the password. */
  readonly passwordIn?: string;
  /** Undefined: nothing was said, so that settings decide. */
  readonly tls?: "required" | "implicit";
  /** Relative to the login directory unless it begins with a slash; empty where none is named. */
  readonly path: string;
}

/** Why a site cannot be a host of ours. */
export class ForeignSite extends ImportError {}

/**
 * `ftp://user:password@host:port/path`, `host`, `user@host`.
 * @throws ForeignSite for another protocol, and for what is no name of a server
 */
export function siteOf(text: string): Site {
  const scheme = /^([a-z][a-z0-9+]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && text.includes("://") && !["ftp", "ftps", "ftpes"].includes(scheme))
    throw new ForeignSite(`it is a server for ${scheme}, and fxpd speaks FTP`);
  try {
    // Wildcards in a path are themselves here; a question mark is no query.
    const location = parseLocation(
      text.includes("://") ? text.replace(/[*?[\]{}\\]/g, escape) : `ftp://${text}/`,
    );
    if (location.kind === "url") return ofUrl(location);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
  throw new ForeignSite("it is no name of a server, and no URL that fxpd can read");
}

function ofUrl({ scheme, user, password, address, port, path }: UrlLocation): Site {
  return {
    address,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(scheme === "ftp" ? {} : { tls: scheme === "ftps" ? "implicit" : "required" }),
    path: path.replace(/\\([*?[\]{}\\])/g, "$1"),
  };
}

function escape(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Whether a word of `mirror` names a server, and not only a path. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+]*:\/\//i.test(text) && loginForm(text) === undefined;
}

/** What a command says of the account, as far as it is known. */
export interface Login extends Partial<Site> {
  /** What the shell would have put something into. */
  readonly unknown?: "user" | "password" | "port";
}

/** What `-u USER,PASSWORD` and `user USER PASSWORD` say; `$NAME` that the shell would replace is a variable's name. */
export function loginOf(user: string, password: string | undefined, isExpanded: boolean): Login {
  const isUnknown = (text: string | undefined) => isExpanded && EXPANSION.test(text ?? "");
  if (isUnknown(user)) return { unknown: "user" };
  const known = user === "" ? {} : { user };
  const variable = isExpanded ? /^\$(?:(\w+)|\{(\w+)\})$/.exec(password ?? "") : null;
  const name = variable?.[1] ?? variable?.[2] ?? "";
  if (/^[A-Za-z_]/.test(name)) return { ...known, passwordIn: name };
  if (isUnknown(password)) return { ...known, unknown: "password" };
  return { ...known, ...(password ? { password } : {}) };
}

/** What options of `open`, and of lftp itself, say of the server. */
export interface OpenCommand {
  readonly login: Login;
  readonly port?: number;
  readonly target?: ScriptText;
  /** Commands of `-e`. */
  readonly then?: ScriptText;
  /** Commands of `-c`, and the file of `-f`. */
  readonly commands?: ScriptText;
  readonly file?: string;
}

const NOTHING: ScriptText = { text: "", isExpanded: false };

/** Reads the options that `open` and lftp itself have in common. */
export function readOpening(words: readonly ScriptText[]): OpenCommand {
  const opening: { -readonly [K in keyof OpenCommand]: OpenCommand[K] } = { login: {} };
  const rest: ScriptText[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const here = words[at] ?? NOTHING;
    const { text } = here;
    const [, name = "", joined] = /^(-[a-zA-Z]|--[a-z-]+(?==|$))=?([^]*)$/.exec(text) ?? [];
    const value = () => (joined ? { text: joined, isExpanded: here.isExpanded } : words[(at += 1)]);
    if (name === "-u") {
      const word = value();
      const [, user = "", password] = /^([^,]*),?([^]*)$/.exec(word?.text ?? "") ?? [];
      opening.login = { ...opening.login, ...loginOf(user, password, word?.isExpanded === true) };
    } else if (name === "--user") {
      const word = value();
      opening.login = {
        ...opening.login,
        ...loginOf(word?.text ?? "", undefined, word?.isExpanded === true),
      };
    } else if (name === "--password") {
      const word = value();
      opening.login = { ...opening.login, ...loginOf("", word?.text, word?.isExpanded === true) };
    } else if (name === "--env-password") opening.login = { ...opening.login, passwordIn: "LFTP_PASSWORD" };
    else if (name === "-p") {
      const word = value();
      const port = portOf(word?.text);
      if (port !== undefined) opening.port = port;
      else if (word?.isExpanded === true) opening.login = { ...opening.login, unknown: "port" };
    } else if (name === "-e") opening.then = value() ?? NOTHING;
    else if (name === "-c") opening.commands = value() ?? NOTHING;
    else if (name === "-f") opening.file = value()?.text ?? "";
    else if (name === "-s") value();
    else if (!text.startsWith("-")) rest.push(here);
  }
  const [target, path] = rest;
  if (target !== undefined) opening.target = target;
  // Some write the port as a word of its own.
  const port = portOf(path?.text);
  if (port !== undefined && opening.port === undefined) opening.port = port;
  return opening;
}
