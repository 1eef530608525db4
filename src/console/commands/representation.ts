import { alias, type ConsoleCommand, serverCommand } from "../command.ts";
import { demand, print, type Routine } from "../effects.ts";
import { ConsoleError, UsageError } from "../errors.ts";
import { represented } from "../observe.ts";
import { IMAGE, type Representation, type ConsoleSession, withServer } from "../session.ts";

const TYPES: Readonly<Record<string, Representation["type"]>> = {
  ascii: "A",
  binary: "I",
  image: "I",
  ebcdic: "E",
  tenex: "L 8",
};
const MODES: Readonly<Record<string, Representation["mode"]>> = {
  stream: "S",
  block: "B",
  compressed: "C",
  deflate: "Z",
};
const STRUCTURES: Readonly<Record<string, Representation["structure"]>> = {
  file: "F",
  record: "R",
  page: "P",
};
const FORMATS: Readonly<Record<string, Representation["format"]>> = {
  "non-print": "N",
  telnet: "T",
  "carriage-control": "C",
};

const of = ({ servers, at }: ConsoleSession) => servers[at]?.representation ?? IMAGE;

/** Tells the server at once, as the classic clients do; a server that refuses keeps what it had. */
function* change(
  session: ConsoleSession,
  verb: "TYPE" | "MODE" | "STRU",
  argument: string,
): Routine<ConsoleSession> {
  yield* demand(session, verb, argument);
  return withServer(session, { representation: represented(of(session), verb, argument) });
}

/** The value that a word means: by its name, the beginning of it, or its letter in the protocol. */
function valueOf<T extends string>(what: string, values: Readonly<Record<string, T>>, word: string): T {
  const text = word.toLowerCase();
  const names = Object.keys(values).filter((name) => name === text || name.startsWith(text));
  const found =
    values[names[0] ?? ""] ?? Object.values(values).find((letter) => letter.toLowerCase() === text);
  if (found === undefined || (names.length > 1 && values[text] === undefined))
    throw new UsageError(`${what}: "${word}" is not one of ${Object.keys(values).join(", ")}`);
  return found;
}

function nameIn(values: Readonly<Record<string, string>>, value: string): string {
  return Object.entries(values).find(([, one]) => one === value)?.[0] ?? value;
}

function* setType(
  session: ConsoleSession,
  type: Representation["type"],
  format: Representation["format"],
): Routine<ConsoleSession> {
  const isText = type === "A" || type === "E";
  return yield* change(session, "TYPE", isText && format !== "N" ? `${type} ${format}` : type);
}

function typeCommand(name: string, type: Representation["type"], help: string): ConsoleCommand {
  return serverCommand({
    name,
    usage: name,
    help,
    completes: "nothing",
    run: (session) => setType(session, type, of(session).format),
  });
}

const ebcdic = serverCommand({
  name: "ebcdic",
  isClassic: false,
  usage: "ebcdic [1047|037]",
  help: "convert text files from and to EBCDIC, by this code page (default: 1047)",
  completes: "nothing",
  *run(session, { words: [page = session.codePage] }) {
    if (page !== "1047" && page !== "037")
      throw new UsageError(`ebcdic: "${page}" is not a code page; expected 1047 or 037`);
    return { ...(yield* setType(session, "E", of(session).format)), codePage: page };
  },
});

const binary = typeCommand("binary", "I", "move files as they are");

const type = serverCommand({
  name: "type",
  usage: "type [ascii|ebcdic|binary|tenex]",
  help: "show or set how files are represented",
  completes: "nothing",
  *run(session, { words: [word, format] }) {
    const now = of(session);
    if (word !== undefined)
      return yield* setType(
        session,
        valueOf("type", TYPES, word),
        format === undefined ? now.format : valueOf("form", FORMATS, format),
      );
    yield* print(`Using ${nameIn(TYPES, now.type)} mode to transfer files.`);
    return session;
  },
});

const mode = serverCommand({
  name: "mode",
  usage: "mode [stream|block|compressed|deflate]",
  help: "show or set how a file's bytes are sent",
  completes: "nothing",
  *run(session, { words: [word] }) {
    if (word !== undefined) return yield* change(session, "MODE", valueOf("mode", MODES, word));
    yield* print(`Using ${nameIn(MODES, of(session).mode)} mode to send data.`);
    return session;
  },
});

const struct = serverCommand({
  name: "struct",
  usage: "struct [file|record]",
  help: "show or set the structure of files",
  completes: "nothing",
  *run(session, { words: [word] }) {
    if (word === undefined) {
      yield* print(`Using ${nameIn(STRUCTURES, of(session).structure)} structure.`);
      return session;
    }
    const structure = valueOf("struct", STRUCTURES, word);
    if (structure === "P")
      throw new ConsoleError(
        "struct page: pages exist on TOPS-20 alone, and no file here has any; use file or record",
      );
    return yield* change(session, "STRU", structure);
  },
});

const form = serverCommand({
  name: "form",
  usage: "form [non-print|telnet|carriage-control]",
  help: "show or set the vertical format of text files",
  completes: "nothing",
  *run(session, { words: [word] }) {
    const now = of(session);
    if (word === undefined) {
      yield* print(`Using ${nameIn(FORMATS, now.format)} format.`);
      return session;
    }
    const format = valueOf("form", FORMATS, word);
    const isText = now.type === "A" || now.type === "E";
    if (isText) return yield* change(session, "TYPE", `${now.type} ${format}`);
    return withServer(session, { representation: { ...now, format } });
  },
});

export const REPRESENTATION: readonly ConsoleCommand[] = [
  typeCommand("ascii", "A", "convert line ends of text files"),
  binary,
  alias("image", binary),
  ebcdic,
  typeCommand("tenex", "L 8", "move files as bytes of 8 bits (TYPE L 8)"),
  type,
  mode,
  struct,
  form,
];
