import { type ConsoleCommand, localCommand } from "../command.ts";
import { type BackgroundCommand, print, type Routine } from "../effects.ts";
import { UsageError } from "../errors.ts";
import { quoteWord } from "../grammar/words.ts";
import { failed, type ConsoleSession } from "../session.ts";

/** A command of fxpd itself, with all of its options: its output is the same here. */
function* carriedOut(session: ConsoleSession, all: readonly string[]): Routine<ConsoleSession> {
  const words = all.filter((word, index) => word !== "&" || index < all.length - 1);
  if (words.length < all.length) {
    const number = (yield { kind: "start", words }) as number;
    yield* print(`[${number}] ${words.join(" ")}`);
    return session;
  }
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
  readonly usual?: (session: ConsoleSession) => readonly (string | undefined)[];
}

function verb({ name, usage, help, verb: called = name, usual = () => [undefined] }: Verb): ConsoleCommand {
  return localCommand({
    name,
    isClassic: false,
    usage,
    help,
    completes: "host",
    *run(session, { words }) {
      const places = words.filter((word) => !word.startsWith("-") && word !== "&");
      if (places.length > 0) return yield* carriedOut(session, [called, ...words]);
      const names = usual(session).filter((one) => one !== undefined);
      if (names.length < usual(session).length) throw new UsageError(`usage: ${usage}`);
      const isBehind = words.at(-1) === "&";
      const options = isBehind ? words.slice(0, -1) : words;
      return yield* carriedOut(session, [called, ...options, ...names, ...(isBehind ? ["&"] : [])]);
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

const shownJob = ({ number, command, status }: BackgroundCommand) =>
  `[${number}] ${command}: ${status === undefined ? "running" : status === 0 ? "done" : `failed with status ${status}`}`;

const jobs = localCommand({
  name: "jobs",
  isClassic: false,
  usage: "jobs",
  help: "list the commands of fxpd that were started with & at their end",
  *run(session) {
    const all = (yield { kind: "jobs" }) as readonly BackgroundCommand[];
    yield* print(
      all.length === 0 ? "No jobs; mirror SOURCE TARGET & starts one." : all.map(shownJob).join("\n"),
    );
    return session;
  },
});

const wait = localCommand({
  name: "wait",
  isClassic: false,
  usage: "wait [JOB]",
  help: "wait until a job has ended, or all of them",
  *run(session, { words: [text] }) {
    if (text !== undefined && !/^\d{1,6}$/.test(text))
      throw new UsageError(`wait: "${text}" is not the number of a job`);
    const which = text === undefined ? {} : { number: Number(text) };
    const ended = (yield { kind: "wait", ...which }) as readonly BackgroundCommand[];
    for (const job of ended) yield* print(shownJob(job));
    return ended.some(({ status }) => status !== 0) ? failed(session) : session;
  },
});

const tls = localCommand({
  name: "tls",
  isClassic: false,
  usage: "tls [required|prefer|off]",
  help: "show how the connections are protected, or set it for the next ones",
  *run(session, { words: [policy] }) {
    if (policy !== undefined) {
      if (policy !== "required" && policy !== "prefer" && policy !== "off")
        throw new UsageError(`tls: "${policy}" is not one of required, prefer, off`);
      const after: ConsoleSession = { ...session, tls: policy };
      yield { kind: "settings", session: after };
      yield* print(`TLS of the next connections: ${policy}.`);
      return after;
    }
    const on = (["first", "second"] as const).filter((which) => session.servers[which] !== undefined);
    if (on.length === 0) yield* print("Not connected.");
    for (const which of on) yield* print((yield { kind: "protection", on: which }) as string);
    return session;
  },
});

/** Lines that are shown where no number is given. */
const SHOWN = 50;

const transcript = localCommand({
  name: "transcript",
  isClassic: false,
  usage: "transcript [FILE|off]",
  help: "show the newest commands and replies, without passwords, or write all that follow to a file",
  completes: "local",
  *run(session, { words: [word] }) {
    if (word === undefined) {
      const lines = (yield { kind: "conversation" }) as readonly string[];
      yield* print(lines.length === 0 ? "No commands or replies yet." : lines.slice(-SHOWN).join("\n"));
      return session;
    }
    yield { kind: "transcript", path: word === "off" ? null : word };
    yield* print(word === "off" ? "Transcript off." : `Transcript on: ${word}`);
    return session;
  },
});

export const PRODUCT: readonly ConsoleCommand[] = [
  hosts,
  use,
  jobs,
  wait,
  tls,
  transcript,
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
