import { percentDecode } from "../config/locations/location.ts";
import { isIpAddress } from "../ftp/address.ts";
import { ConfigError } from "../shared/errors.ts";
import { quoteWord } from "./grammar/words.ts";
import { newSession, type ConsoleSession, type Toggle } from "./session.ts";

/** What the command line of the console says. */
export interface ConsoleOptions {
  /** Lines that are carried out before any other. */
  readonly first: readonly string[];
  /** Lines of `-c`: all that is carried out. */
  readonly commands: readonly string[] | undefined;
  /** A file of lines, in place of standard input. */
  readonly script: string | undefined;
  readonly isAutomatic: boolean;
  readonly toggles: Readonly<Partial<Record<Toggle, boolean>>>;
  readonly debug: number;
  /** Whether what happens is written for programs, one event a line. */
  readonly isJson: boolean;
  /** Whether it is called as Windows' client is (`-s:FILE`): `ls` then lists names, and `-A` is an anonymous login. */
  readonly isWindows: boolean;
  /** Whether the first line that fails ends it all. */
  readonly isStrict: boolean;
  readonly family: 4 | 6 | undefined;
  /** The address of this machine that connections come from. */
  readonly localAddress: string | undefined;
  readonly netrc: string | undefined;
  /** Milliseconds without a reply or data. */
  readonly timeoutMs: number | undefined;
  readonly tls: "required" | "prefer" | "off" | undefined;
  readonly config: string | undefined;
  /** What a person should know of options that have no meaning here. */
  readonly notes: readonly string[];
  readonly wantsHelp: boolean;
}

type Draft = { -readonly [K in keyof ConsoleOptions]: ConsoleOptions[K] };

interface Reading {
  readonly draft: Draft;
  readonly toggles: Partial<Record<Toggle, boolean>>;
  readonly words: string[];
  port?: string;
  user?: string;
  hasLargeA?: boolean;
  fetchInto?: string;
  uploadTo?: string;
}

/** Options of one letter that take no value. */
const FLAGS: Readonly<Record<string, (reading: Reading) => void>> = {
  d: ({ draft }) => void (draft.debug += 1),
  e: ({ toggles }) => void (toggles.edit = false),
  g: ({ toggles }) => void (toggles.glob = false),
  i: ({ toggles }) => void (toggles.prompt = false),
  n: ({ draft }) => void (draft.isAutomatic = false),
  v: ({ toggles }) => void (toggles.verbose = true),
  V: ({ toggles }) => void (toggles.verbose = false),
  p: ({ toggles }) => void (toggles.passive = true),
  A: (reading) => {
    reading.hasLargeA = true;
    reading.toggles.passive = false;
  },
  a: (reading) => void (reading.user = "anonymous"),
  t: ({ draft }) => void (draft.notes = [...draft.notes, "-t: packet tracing is trace, and needs no option"]),
  E: ({ draft }) => void (draft.isStrict = true),
  "4": ({ draft }) => void (draft.family = 4),
  "6": ({ draft }) => void (draft.family = 6),
};

/** Options of one letter that take a value, attached or as the next word. */
const VALUES: Readonly<Record<string, (reading: Reading, value: string) => void>> = {
  P: (reading, value) => void (reading.port = value),
  N: ({ draft }, value) => void (draft.netrc = value),
  s: ({ draft }, value) => void (draft.localAddress = addressOf(value)),
  q: ({ draft }, value) => void (draft.timeoutMs = secondsOf(value)),
  o: (reading, value) => void (reading.fetchInto = value),
  u: (reading, value) => void (reading.uploadTo = value),
  c: ({ draft }, value) => void (draft.commands = linesIn(value)),
  f: ({ draft }, value) => void (draft.script = value),
};

const LONG: Readonly<Record<string, (reading: Reading, value: string) => void>> = {
  tls: ({ draft }, value) => void (draft.tls = policyOf(value)),
  config: ({ draft }, value) => void (draft.config = value),
};

/** Commands between semicolons; those in quotes are none. */
function linesIn(text: string): readonly string[] {
  return (text.match(/(?:"[^"]*"|\\.|[^;])+/g) ?? []).map((line) => line.trim());
}

function secondsOf(value: string): number {
  if (!/^\d{1,6}$/.test(value) || value === "0")
    throw new ConfigError(`-q: "${value}" is not a number of seconds`);
  return Number(value) * 1_000;
}

function addressOf(value: string): string {
  if (isIpAddress(value)) return value;
  throw new ConfigError(
    `-s: "${value}" is not an IP address of this machine; -s:FILE reads commands from FILE`,
  );
}

function policyOf(value: string): NonNullable<ConsoleOptions["tls"]> {
  if (value === "required" || value === "prefer" || value === "off") return value;
  throw new ConfigError(`--tls: "${value}" is not one of required, prefer, off`);
}

/**
 * Options as the classic clients take them (`-inv HOST PORT`), those of Windows (`-s:FILE`), and our own.
 * @throws ConfigError for an option that there is not, or without its value
 */
export function parseOptions(args: readonly string[]): ConsoleOptions {
  const draft: Draft = {
    ...{ first: [], commands: undefined, script: undefined, isAutomatic: true, toggles: {}, debug: 0 },
    ...{
      isJson: false,
      isWindows: false,
      isStrict: false,
      family: undefined,
      localAddress: undefined,
      netrc: undefined,
      timeoutMs: undefined,
      tls: undefined,
    },
    ...{ config: undefined, notes: [], wantsHelp: false },
  };
  const reading: Reading = { draft, toggles: {}, words: [] };
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const next = (option: string): string => {
      const value = rest.shift();
      if (value === undefined)
        throw new ConfigError(`${option} needs a value; fxpd ftp --help lists the options`);
      return value;
    };
    if (word === "--") reading.words.push(...rest.splice(0));
    else if (word.startsWith("--")) longOption(word, reading, next);
    else if (/^[-/][sSwW]:/.test(word)) windowsOption(word, reading);
    else if (word.startsWith("-") && word !== "-") letters(word, reading, next);
    else reading.words.push(word);
  }
  if (draft.isWindows && reading.hasLargeA) {
    // There it stands for an anonymous login.
    delete reading.toggles.passive;
    reading.user = "anonymous";
  }
  return { ...draft, toggles: reading.toggles, ...begun(reading) };
}

function longOption(word: string, reading: Reading, next: (option: string) => string): void {
  const [, name = "", value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (name === "strict") reading.draft.isStrict = true;
  else if (name === "json") reading.draft.isJson = true;
  else if (name === "help") reading.draft.wantsHelp = true;
  else {
    const set = LONG[name];
    if (set === undefined) throw new ConfigError(`unknown option ${word}; fxpd ftp --help lists all options`);
    set(reading, value ?? next(word));
  }
}

/** `-s:FILE` has the commands; how large a buffer Windows should take (`-w:`) is nothing to us. */
function windowsOption(word: string, reading: Reading): void {
  const { draft } = reading;
  if (/^.s:/i.test(word)) {
    draft.script = word.slice(3);
    draft.isWindows = true;
  } else draft.notes = [...draft.notes, `${word}: buffers have the size that they need`];
}

function letters(word: string, reading: Reading, next: (option: string) => string): void {
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? "";
    const flag = FLAGS[letter];
    const value = VALUES[letter];
    if (flag !== undefined) flag(reading);
    else if (value === undefined)
      throw new ConfigError(`unknown option -${letter}; fxpd ftp --help lists all options`);
    else return value(reading, word.slice(at + 1) || next(`-${letter}`));
  }
}

/** What is done first: connect to where the words say, and fetch or send what they name. */
function begun({ draft, words, port, user, fetchInto, uploadTo }: Reading): Partial<ConsoleOptions> {
  const [host, second, ...more] = words;
  if (uploadTo !== undefined) {
    const { server, path } = urlParts(uploadTo);
    const puts = words.map((file) => `put ${quoteWord(file)} ${quoteWord(joined(path, file))}`);
    return { commands: [`open ${quoteWord(server)}`, ...puts], isStrict: true };
  }
  if (host === undefined) return fetchInto === undefined ? {} : fail("-o needs a URL to fetch");
  const { server, path } = urlParts(host);
  if (fetchInto !== undefined || (path !== "" && !path.endsWith("/"))) {
    if (path === "") fail("-o needs a URL with a file in it");
    const into = fetchInto === undefined ? "" : ` ${quoteWord(fetchInto)}`;
    return { commands: [`open ${quoteWord(server)}`, `get ${quoteWord(path)}${into}`], isStrict: true };
  }
  if (more.length > 0) throw new ConfigError(`too many words: ${more.join(" ")}; expected HOST [PORT]`);
  const address =
    user === undefined || server.includes("@") || server.includes("://") ? server : `${user}@${server}`;
  const at = second ?? port;
  const open = `open ${quoteWord(address)}${at === undefined ? "" : ` ${quoteWord(at)}`}`;
  return { first: [open, ...(path === "" ? [] : [`cd ${quoteWord(path)}`])], notes: draft.notes };
}

/** A URL without its path, and the path as RETR takes it; a word that is no URL as it is. */
function urlParts(word: string): { readonly server: string; readonly path: string } {
  const [, server, path = ""] = /^([A-Za-z]+:\/\/[^/]*)(?:\/(.*))?$/s.exec(word) ?? [];
  return server === undefined ? { server: word, path: "" } : { server, path: percentDecode(word, path) };
}

function joined(path: string, file: string): string {
  if (path !== "" && !path.endsWith("/")) return path;
  return path + file.slice(file.lastIndexOf("/") + 1);
}

function fail(message: string): never {
  throw new ConfigError(message);
}

/** The session that these options begin with. */
export function sessionOf(options: ConsoleOptions, isScript: boolean): ConsoleSession {
  const { isAutomatic, debug, family, tls, isWindows } = options;
  const lists = isWindows ? "NLST" : "LIST";
  const session = newSession({ isScript, isAutomatic, debug, family, tls, lists });
  // What -c carries out is asked nothing: nobody has written answers for it.
  const prompt = options.commands === undefined;
  const toggles = { ...session.toggles, verbose: !isScript, prompt, ...options.toggles };
  return { ...session, toggles };
}
