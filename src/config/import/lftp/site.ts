import { ConfigError } from "../../../shared/errors.ts";
import { loginForm, parseLocation, type UrlLocation } from "../../locations/location.ts";
import { ImportError, portOf, present } from "../imported.ts";
import { EXPANSION, type ScriptText } from "./words.ts";

/** A server as `open` and URLs name it, and a path there. */
export interface Site {
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  /** Name of the environment variable that has the password. */
  readonly passwordIn?: string;
  /** Undefined: not given, so that settings decide. */
  readonly tls?: "required" | "implicit";
  /** Relative to the login directory unless it begins with a slash; empty where none is named. */
  readonly path: string;
}

/** Why a site cannot be a host of ours. */
export class ForeignSite extends ImportError {
  /** The message about the commands that are for it. */
  readonly consequence: string;

  constructor(message: string, consequence: string) {
    super(message);
    this.consequence = consequence;
  }
}

/**
 * `ftp://user:password@host:port/path`, `host`, `user@host`.
 * @throws ForeignSite for another protocol, and for what is no name of a server
 */
export function siteOf(text: string): Site {
  const scheme = /^([a-z][a-z0-9+]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && text.includes("://") && !["ftp", "ftps", "ftpes"].includes(scheme))
    throw new ForeignSite(
      `it is a server for ${scheme}, and fxpd speaks FTP`,
      "fxpd does not support the protocol of its server",
    );
  try {
    // Wildcards in a path are themselves here; a question mark is no query.
    const location = parseLocation(
      text.includes("://") ? text.replace(/[*?[\]{}\\]/g, escape) : `ftp://${text}/`,
    );
    if (location.kind === "url") return ofUrl(location);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
  throw new ForeignSite(
    "it is no name of a server, and no URL that fxpd can read",
    "fxpd cannot read the name of its server",
  );
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

/** What a command says, and the keys of a site that it is kept in. */
const PARTS = { user: ["user"], port: ["port"], option: [], password: ["password", "passwordIn"] } as const;
type Part = keyof typeof PARTS;

/** What a command says of the account, as far as it is known. */
export interface Login extends Partial<Site> {
  /** What the shell would have put something into; an option may be any. */
  readonly unknown: ReadonlySet<Part>;
}

const SILENT: Login = { unknown: new Set() };

/** Whether it says anything of that, known or not. */
export function says(login: Login, part: Part): boolean {
  return login.unknown.has(part) || PARTS[part].some((key) => login[key] !== undefined);
}

/** Of two values for the same, the later one counts. */
function together(before: Login, after: Login): Login {
  const given = (Object.keys(PARTS) as Part[]).filter((part) => says(after, part));
  const replaced = given.flatMap((part): readonly string[] => PARTS[part]);
  const kept = Object.entries(before).filter(([key]) => !replaced.includes(key));
  const unknown = [...before.unknown].filter((part) => !given.includes(part));
  return { ...Object.fromEntries(kept), ...after, unknown: new Set([...unknown, ...after.unknown]) };
}

/** What `-u USER,PASSWORD` and `user USER PASSWORD` say; `$NAME` that the shell would replace is a variable's name. */
export function loginOf(user: string, password: string | undefined, isExpanded: boolean): Login {
  const isUnknown = (text: string | undefined) => isExpanded && EXPANSION.test(text ?? "");
  const account: Login = isUnknown(user)
    ? { unknown: new Set(["user"]) }
    : { ...SILENT, ...present({ user: user || undefined }) };
  const variable = isExpanded ? /^\$(?:(\w+)|\{(\w+)\})$/.exec(password ?? "") : null;
  const name = variable?.[1] ?? variable?.[2] ?? "";
  if (/^[A-Za-z_]/.test(name)) return { ...account, passwordIn: name };
  if (isUnknown(password)) return { ...account, unknown: new Set([...account.unknown, "password"]) };
  return { ...account, ...present({ password: password || undefined }) };
}

function portFrom(word: ScriptText | undefined): Login {
  if (word?.isExpanded === true) return { unknown: new Set(["port"]) };
  return { ...SILENT, ...present({ port: portOf(word?.text) }) };
}

/** What options of `open`, and of lftp itself, say of the server. */
export interface OpenCommand {
  readonly login: Login;
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
  const opening: { -readonly [K in keyof OpenCommand]: OpenCommand[K] } = { login: SILENT };
  const rest: ScriptText[] = [];
  const say = (login: Login) => {
    opening.login = together(opening.login, login);
  };
  for (let at = 0; at < words.length; at += 1) {
    const here = words[at] ?? NOTHING;
    const { text } = here;
    const [, name = "", joined] = /^(-[a-zA-Z]|--[a-z-]+(?==|$))=?([^]*)$/.exec(text) ?? [];
    const value = () => (joined ? { text: joined, isExpanded: here.isExpanded } : words[(at += 1)]);
    if (name === "-u") {
      const word = value();
      const [, user = "", password] = /^([^,]*),?([^]*)$/.exec(word?.text ?? "") ?? [];
      say(loginOf(user, password, word?.isExpanded === true));
    } else if (name === "--user") {
      const word = value();
      say(loginOf(word?.text ?? "", undefined, word?.isExpanded === true));
    } else if (name === "--password") {
      const word = value();
      say(loginOf("", word?.text, word?.isExpanded === true));
    } else if (name === "--env-password") say({ ...SILENT, passwordIn: "LFTP_PASSWORD" });
    else if (name === "-p") say(portFrom(value()));
    else if (name === "-e") opening.then = value() ?? NOTHING;
    else if (name === "-c") opening.commands = value() ?? NOTHING;
    else if (name === "-f") opening.file = value()?.text ?? "";
    else if (name === "-s") value();
    else if (!text.startsWith("-")) rest.push(here);
    else if (here.isExpanded) say({ unknown: new Set(["option"]) });
  }
  const [target, ...more] = rest;
  if (target !== undefined) opening.target = target;
  // Some write the port as a word of its own; a variable may be that, or anything else.
  const unknown = more.find(({ isExpanded }) => isExpanded);
  if (unknown !== undefined || !says(opening.login, "port")) say(portFrom(unknown ?? more[0]));
  return opening;
}
