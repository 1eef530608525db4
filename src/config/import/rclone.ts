import { Gathering, type Imported, ImportError, portOf, present } from "./imported.ts";
import { type IniSection, parseIni } from "./ini.ts";
import { revealRclone } from "./scrambled.ts";

/** Options that need nothing here. */
const NEEDLESS = new Set(
  "type host port user pass tls explicit_tls no_check_certificate concurrency disable_epsv disable_mlsd disable_utf8 writing_mdtm idle_timeout close_timeout shut_timeout tls_cache_size encoding description force_list_hidden ask_password allow_insecure_tls_ciphers no_check_upload".split(
    " ",
  ),
);

/**
 * rclone.conf: a section for each remote; those of the type ftp are taken.
 * @throws ImportError for what is no such file, and for one that is encrypted
 */
export function parseRclone(text: string): Imported {
  if (/^\s*(#[^\n]*\n\s*)*RCLONE_ENCRYPT_V\d/.test(text))
    throw new ImportError(
      "this rclone.conf is encrypted; have rclone write it in clear first: rclone config encryption remove, or rclone config dump",
    );
  const found = new Gathering();
  const sections = parseIni(text);
  if (!sections.some(({ values }) => values.has("type")))
    throw new ImportError("expected sections such as [NAME] with type = ftp");
  for (const section of sections) takeRemote(section, found);
  return found;
}

/** Remotes that lead to others, which may be servers. */
const OVER_OTHERS: Readonly<Record<string, string | undefined>> = {
  alias: "it is another name for a path; write HOST:PATH with the host that it leads to",
  crypt: "it encrypts files, and fxpd copies them as they are",
  chunker: "it splits files, and fxpd copies them as they are",
  compress: "it compresses files, and fxpd copies them as they are",
  union: "it joins several remotes; write a job for each of them",
  combine: "it joins several remotes; write a job for each of them",
};

function takeRemote({ name, line, values }: IniSection, found: Gathering): void {
  const get = (key: string) => values.get(key)?.value || undefined;
  const isSet = (key: string) => get(key)?.toLowerCase() === "true";
  const type = get("type") ?? "none";
  if (type !== "ftp") return found.leave(line, name, OVER_OTHERS[type] ?? "it is no remote of the type ftp");
  const address = get("host");
  if (address === undefined) return found.leave(line, name, "it has no host", true);
  for (const [key, { line: at }] of values)
    if (!NEEDLESS.has(key)) found.leave(at, `${name}: ${key}`, "fxpd has no such setting");
  const isImplicit = isSet("tls");
  const isTls = isImplicit || isSet("explicit_tls");
  const unverified = isSet("no_check_certificate") ? { verify: false } : {};
  const connections = Number(get("concurrency") ?? 0);
  const obscured = values.get("pass");
  const password = obscured?.value ? revealRclone(obscured.value) : undefined;
  if (obscured?.value && password === undefined)
    found.leave(
      obscured.line,
      `${name}: pass`,
      "rclone obscure did not write it; set passwordFrom in the host file",
    );
  if (get("user") === undefined)
    found.leave(
      line,
      `${name}: user`,
      "rclone uses the login name of the user who runs it; set user in the host file",
    );
  found.host({
    ...{ name, line },
    settings: {
      address,
      ...present({
        // Its default does not depend on TLS.
        port: portOf(get("port")) ?? (isImplicit ? 21 : undefined),
        user: get("user"),
        tls: !isTls
          ? "off"
          : isImplicit
            ? { start: "implicit", ...unverified }
            : { policy: "required", ...unverified },
        limits: connections >= 1 && connections <= 1000 ? { connections } : undefined,
      }),
    },
    ...present({ password }),
  });
}
