import { type ConsoleCommand, localCommand } from "../command.ts";
import { print, type Routine } from "../effects.ts";
import { UsageError } from "../errors.ts";
import { quoteWord } from "../grammar/words.ts";
import { failed, type Session } from "../session.ts";

/** A command of fxpd itself, with all of its options: its output is the same here. */
function* carriedOut(session: Session, words: readonly string[]): Routine<Session> {
  const status = (yield { kind: "program", words }) as number;
  return status === 0 ? session : failed(session);
}

interface Verb {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  /** Its name on the command line. */
  readonly verb?: string;
  /** The words that it has where none are given. */
  readonly usual?: (session: Session) => readonly (string | undefined)[];
}

function verb({ name, usage, help, verb: called = name, usual = () => [undefined] }: Verb): ConsoleCommand {
  return localCommand({
    name,
    isClassic: false,
    usage,
    help,
    completes: "host",
    *run(session, { words }) {
      const places = words.filter((word) => !word.startsWith("-"));
      if (places.length > 0) return yield* carriedOut(session, [called, ...words]);
      const names = usual(session).filter((one) => one !== undefined);
      if (names.length < usual(session).length) throw new UsageError(`usage: ${usage}`);
      return yield* carriedOut(session, [called, ...words, ...names]);
    },
  });
}

const hosts = localCommand({
  name: "hosts",
  isClassic: false,
  usage: "hosts",
  help: "list the hosts of the configuration",
  *run(session) {
    const names = (yield { kind: "hosts" }) as readonly string[];
    yield* print(names.length === 0 ? "No hosts; fxpd host add makes one." : names.join("\n"));
    return session;
  },
});

const use = localCommand({
  name: "use",
  isClassic: false,
  usage: "use FIRST [SECOND]",
  help: "connect to a server, and to a second one for proxy; connections there were are closed",
  missing: ["first"],
  completes: "host",
  *run(session, { words: [first = "", second] }, run) {
    let now = session;
    for (const at of ["second", "first"] as const)
      if (now.servers[at] !== undefined) now = yield* run(now, at === "first" ? "close" : "proxy close");
    now = yield* run(now, `open ${quoteWord(first)}`);
    if (second === undefined || now.failures > session.failures) return now;
    return yield* run(now, `proxy open ${quoteWord(second)}`);
  },
});

export const PRODUCT: readonly ConsoleCommand[] = [
  hosts,
  use,
  verb({
    name: "probe",
    usage: "probe [OPTIONS] [HOST]",
    help: "detect a server's features and behaviour (default: the server that is connected)",
    usual: ({ servers, at }) => [servers[at]?.name],
  }),
  verb({
    name: "doctor",
    usage: "doctor [OPTIONS] [SOURCE TARGET]",
    help: "find out how two servers can exchange files (default: the two that are connected)",
    usual: ({ servers }) => [servers.first?.name, servers.second?.name],
  }),
  verb({
    name: "diff",
    usage: "diff [OPTIONS] SOURCE TARGET",
    help: "show the differences between two directories, such as archive:/pub edge:/pub",
  }),
  verb({
    name: "mirror",
    usage: "mirror [OPTIONS] SOURCE TARGET",
    help: "make one directory equal to another, such as archive:/pub edge:/pub",
  }),
  verb({
    name: "fxp",
    verb: "copy",
    usage: "fxp [OPTIONS] SOURCE... TARGET",
    help: "copy files from server to server, such as archive:/pub/a.iso edge:/in/",
  }),
];
