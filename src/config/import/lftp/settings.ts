import { charsetCalled } from "../../../ftp/charset/charsets.ts";
import type { Gathering } from "../imported.ts";
import { type LftpRate, parseLftpRate } from "./rates.ts";
import { segmentsOf } from "./transfer-line.ts";
import { type ScriptText, unknownIn } from "./words.ts";

/** What `set` has set, as far as it has a place in host and job files. */
export interface LftpSettings {
  /** Keys of the host file that follow. */
  readonly host: {
    readonly tls?: string | Readonly<Record<string, unknown>>;
    readonly dataOpening?: string;
    readonly charset?: string;
    readonly limits?: { readonly connections: number };
  };
  /** Keys of the job file that follow. */
  readonly job: Readonly<Record<string, unknown>>;
  /** In bytes per second; `limit-rate` counts for each connection. */
  readonly rates: Readonly<Record<"connection" | "total", LftpRate>>;
  /** Whether files that are there already are fetched again by `get` and `mget`. */
  readonly overwrites: boolean;
  /** Whether servers are asked to list hidden files. */
  readonly listsHidden: boolean;
  /** Defaults of the options of `mirror`. */
  readonly mirror: {
    readonly segments?: number;
    readonly dereference: boolean;
    readonly permissions: boolean;
    readonly exclude: string;
  };
}

/** What lftp 4.9 leaves out where patterns leave out something else: its own partial files, and NFS's. */
export const DEFAULT_EXCLUDE = "(^|/)(\\.in\\.|\\.nfs)";

/** By the beginnings of their names: how it looks, how it waits, and what fxpd finds out by itself. */
const NEEDLESS =
  /^(cmd:|color:|bmk:|dns:|xfer:|log:|prompt|file:|http:|https:|hftp:|sftp:|fish:|torrent:|cache:|net:(reconnect|persist|idle|socket|connection-takeover|max-retries|timeout|connection-limit|limit)|ftp:(list|sync|use-(?!fxp)|auto|prefer|fix|home|anon|bind|client|compressed|lang|mode|nop|port|proxy|rest|retry|site|skey|ssl-(auth|copy|shutdown|allow-anon|data-use)|stat|strict|timezone|trust|verify|waiting|web|ignore|catch|fxp|abor|too-many|acct)|mirror:(order|sort|overwrite|skip|require|parallel-directories|include|use-pget)|module:|pget:|ssl:(use|crl|key|cert|priority))/;

/** Of those what changes what is done, and is not done here. */
const REPORTED: Readonly<Record<string, string>> = {
  "net:limit-max": "no rate may be exceeded for a while",
  "net:limit-total-max": "no rate may be exceeded for a while",
  "ftp:proxy": "fxpd uses no proxies",
  "ftp:port-ipv4": "the address for active mode is that of the control connection",
  "ftp:port-range": "the system chooses the ports for active mode",
  "ftp:acct": "set accountFrom in the host file",
  "ftp:ssl-copy-sid": "TLS sessions are always offered for resumption",
  "ftp:site": "SITE commands are not sent after login",
  "ftp:site-group": "SITE commands are not sent after login",
  "ssl:key-file": "client certificates are not used",
  "ssl:cert-file": "client certificates are not used",
  "file:charset": "names are passed on as the bytes they are, whatever their encoding",
};

const KNOWN =
  /^(ftp:(ssl-allow|ssl-force|ssl-protect-(data|list|fxp)|list-options|charset|passive-mode|use-fxp|fxp-force)|xfer:clobber|ssl:(verify-certificate|check-hostname|ca-file|ca-path)|net:(timeout|max-retries|connection-limit|limit-rate|limit-total-rate)|mirror:(parallel-transfer-count|use-pget-n|set-permissions|dereference|exclude-regex|no-empty-dirs))$/;

/** The settings of a script, as they are at one of its commands. */
export class SettingsSoFar {
  /** By name, without the closure (`ftp:ssl-force/host`), which is taken to mean the servers of the script. */
  readonly #values = new Map<string, string>();

  /** The name of one and its value. */
  set([named, valued]: readonly ScriptText[], line: number, found: Gathering): void {
    if (named?.isExpanded === true) return found.leave(line, "set", unknownIn("it"), true);
    const [name, value] = [named?.text ?? "", valued?.text ?? ""];
    // `set ssl-force` means `ftp:ssl-force`; a name may be cut wherever it stays unique.
    const [plain = ""] = name.split("/");
    const full = KNOWN.test(plain) ? plain : KNOWN.test(`ftp:${plain}`) ? `ftp:${plain}` : plain;
    const because = REPORTED[full];
    const isNothing = value === "" || /^(0|no|off|false)(:0)?$/i.test(value);
    if (because !== undefined && !isNothing) found.leave(line, `set ${plain}`, because);
    else if (KNOWN.test(full) && valued?.isExpanded === true) {
      this.#values.delete(full);
      found.leave(line, `set ${plain}`, unknownIn("its value"), true);
    } else if (KNOWN.test(full)) this.#values.set(full, value);
    else if (because === undefined && !NEEDLESS.test(full))
      found.leave(line, `set ${plain}`, "fxpd has no such setting");
  }

  read(line: number, found: Gathering): LftpSettings {
    const get = (name: string) => this.#values.get(name);
    const is = (name: string, otherwise: boolean) => truthOf(get(name)) ?? otherwise;
    const seconds = secondsOf(get("net:timeout"));
    const retries = Number(get("net:max-retries") || Number.NaN);
    const connections = Number(get("net:connection-limit") ?? 0);
    const passive = truthOf(get("ftp:passive-mode"));
    const parallel = Number(get("mirror:parallel-transfer-count") ?? 0);
    return {
      host: {
        ...this.#tls(line, found),
        ...this.#charset(line, found),
        ...(passive === false ? { dataOpening: "active" } : {}),
        ...(connections >= 1 && connections <= 1000 ? { limits: { connections } } : {}),
      },
      job: {
        ...(is("ftp:fxp-force", false) ? { fxp: "only" } : is("ftp:use-fxp", true) ? {} : { fxp: "never" }),
        // Its waits begin anew with each byte, as those of this option do.
        ...(seconds === undefined ? {} : { timeout: `${seconds}s` }),
        // It counts tries, and 0 stands for no end of them.
        ...(retries >= 1 && retries <= 101 ? { retries: retries - 1 } : {}),
        ...(parallel >= 1 && parallel <= 64 ? { parallel } : {}),
      },
      rates: {
        connection: parseLftpRate(get("net:limit-rate")),
        total: parseLftpRate(get("net:limit-total-rate")),
      },
      overwrites: is("xfer:clobber", false),
      listsHidden: /(^|\s)-\w*a/i.test(get("ftp:list-options") ?? ""),
      mirror: {
        ...segmentsOf(get("mirror:use-pget-n") ?? ""),
        dereference: is("mirror:dereference", false),
        permissions: is("mirror:set-permissions", true),
        exclude: get("mirror:exclude-regex") ?? DEFAULT_EXCLUDE,
      },
    };
  }

  #charset(line: number, found: Gathering): { readonly charset?: string } {
    const charset = this.#values.get("ftp:charset");
    if (!charset) return {};
    if (charsetCalled(charset) !== undefined) return { charset };
    found.leave(line, "set ftp:charset", "fxpd knows no character set of that name");
    return {};
  }

  #tls(line: number, found: Gathering): LftpSettings["host"] {
    const get = (name: string) => this.#values.get(name);
    const isForced = truthOf(get("ftp:ssl-force")) ?? false;
    if (!isForced && truthOf(get("ftp:ssl-allow")) === false) return { tls: "off" };
    const policy = isForced ? "required" : "prefer";
    if (truthOf(get("ftp:ssl-protect-data")) === false && isForced)
      found.leave(line, "set ftp:ssl-protect-data", "data are protected as well where TLS is required");
    const details: Record<string, unknown> = {};
    if (truthOf(get("ssl:verify-certificate")) === false) details["verify"] = false;
    const ca = get("ssl:ca-file");
    if (ca) details["caFile"] = ca;
    if (truthOf(get("ssl:check-hostname")) === false && details["verify"] === undefined)
      found.leave(line, "set ssl:check-hostname", "set tls.serverName to the name in the certificate");
    if (get("ssl:ca-path")) found.leave(line, "set ssl:ca-path", "set tls.caFile to a file of certificates");
    if (Object.keys(details).length > 0) return { tls: { policy, ...details } };
    return isForced ? { tls: policy } : {};
  }
}

function truthOf(value: string | undefined): boolean | undefined {
  if (/^(yes|on|true|1|\+|y|t)$/i.test(value ?? "")) return true;
  return /^(no|off|false|0|-|n|f)$/i.test(value ?? "") ? false : undefined;
}

/** `30`, `5m`, `1h30m`; undefined for none, for no end, and for more than a day. */
function secondsOf(text: string | undefined): number | undefined {
  const parts = [...(text ?? "").matchAll(/(\d+)([smhd]?)/g)];
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit || "s"] ?? 1), 0);
  return seconds >= 1 && seconds <= 86_400 ? seconds : undefined;
}
