import { type ConsoleCommand, localCommand } from "../../command.ts";
import { print, type Routine } from "../../effects.ts";
import { ConsoleError, UsageError } from "../../errors.ts";
import { type ConsoleSession, type Toggle, TOGGLES, withToggle } from "../../session.ts";

const HELP: Readonly<Record<Toggle, string>> = {
  bell: "ring the bell after each transfer",
  case: "give received files whose names are in upper case a name in lower case",
  cr: "take carriage returns out of received text files",
  edit: "edit command lines",
  epsv: "ask for data connections by EPSV first",
  epsv4: "the same where the server is connected to by IPv4",
  epsv6: "the same where the server is connected to by IPv6",
  glob: "expand wildcards",
  hash: "print # for each block that was moved",
  passive: "let the server listen for data connections",
  preserve: "keep modification times",
  progress: "show how a transfer goes",
  prompt: "ask before each of several files",
  runique: "receive under a name that is free",
  sendport: "let the server connect to this machine where it cannot listen",
  sunique: "have the server choose a name that is free (STOU)",
  trace: "show what happens on connections, beside commands and replies",
  verbose: "show all replies of the servers",
  verify: "move whole files through a temporary name, verified",
};

/** Not in the BSD client; an abbreviation never means one of these where it may mean another command. */
const NEW: ReadonlySet<Toggle> = new Set([
  "edit",
  "epsv",
  "epsv4",
  "epsv6",
  "preserve",
  "progress",
  "verify",
]);

function onOrOff(name: string, word: string): boolean {
  if (/^on$/i.test(word)) return true;
  if (/^off$/i.test(word)) return false;
  throw new UsageError(`${name}: "${word}" is neither on nor off`);
}

function toggle(name: Toggle): ConsoleCommand {
  return localCommand({
    name,
    isClassic: !NEW.has(name),
    usage: `${name} [on|off]`,
    help: HELP[name],
    completes: "nothing",
    run: (session, { words: [word] }) =>
      turned(session, name, word === undefined ? !session.toggles[name] : onOrOff(name, word)),
  });
}

function* turned(session: ConsoleSession, name: Toggle, isOn: boolean): Routine<ConsoleSession> {
  const after = withToggle(session, name, isOn);
  yield { kind: "settings", session: after };
  yield* print(`${TOGGLES[name].says} ${isOn ? "on" : "off"}.`);
  return after;
}

/**
 * Old clients disagree on whether data connections are passive to begin with, so a script's `passive` means that they
 * shall be; only a second one turns it off again.
 */
const passive = {
  ...toggle("passive"),
  *run(
    session: ConsoleSession,
    { words: [word] }: { readonly words: readonly string[] },
  ): Routine<ConsoleSession> {
    if (word !== undefined) return yield* turned(session, "passive", onOrOff("passive", word));
    const passiveToggles = session.passiveToggles + 1;
    const isOn = session.isScript ? passiveToggles % 2 === 1 : !session.toggles.passive;
    return { ...(yield* turned(session, "passive", isOn)), passiveToggles };
  },
};

/** `glob server`: the server matches patterns, as the old clients have it done. */
const glob = {
  ...toggle("glob"),
  usage: "glob [on|off|server]",
  *run(
    session: ConsoleSession,
    { words: [word] }: { readonly words: readonly string[] },
  ): Routine<ConsoleSession> {
    if (word !== "server") {
      const isOn = word === undefined ? !session.toggles.glob : onOrOff("glob", word);
      return { ...(yield* turned(session, "glob", isOn)), isGlobbedThere: false };
    }
    yield* print("Globbing on, by the server.");
    return { ...withToggle(session, "glob", true), isGlobbedThere: true };
  },
};

/** Which addresses of servers are connected to from now on. */
function familyCommand(name: string, family: 4 | 6 | undefined): ConsoleCommand {
  const which = family === undefined ? "addresses of both families" : `only IPv${family} addresses`;
  return localCommand({
    name,
    isClassic: false,
    usage: name,
    help: `connect to ${which} from now on`,
    *run(session) {
      const after = { ...session, family };
      yield { kind: "settings", session: after };
      yield* print(`Servers are connected to by ${which}.`);
      return after;
    },
  });
}

const hash = {
  ...toggle("hash"),
  usage: "hash [on|off|BYTES]",
  *run(
    session: ConsoleSession,
    { words: [word] }: { readonly words: readonly string[] },
  ): Routine<ConsoleSession> {
    const [, digits, unit = ""] = /^(\d+)([kKmM]?)$/.exec(word ?? "") ?? [];
    if (digits === undefined)
      return yield* turned(
        session,
        "hash",
        word === undefined ? !session.toggles.hash : onOrOff("hash", word),
      );
    const hashBytes = Number(digits) * ({ k: 1024, m: 1024 * 1024 }[unit.toLowerCase()] ?? 1);
    if (hashBytes === 0) throw new UsageError("hash: a mark has to stand for at least one byte");
    const after = { ...withToggle(session, "hash", true), hashBytes };
    yield { kind: "settings", session: after };
    yield* print(`Hash mark printing on (${hashBytes} bytes/hash mark).`);
    return after;
  },
};

const debug = localCommand({
  name: "debug",
  usage: "debug [on|off|LEVEL]",
  help: "show commands as they are sent, without passwords",
  *run(session, { words: [word] }) {
    const level =
      word === undefined
        ? session.debug > 0
          ? 0
          : 1
        : /^\d$/.test(word)
          ? Number(word)
          : onOrOff("debug", word)
            ? 1
            : 0;
    const after = { ...session, debug: level };
    yield { kind: "settings", session: after };
    yield* print(`Debugging ${level > 0 ? `on (debug=${level})` : "off"}.`);
    return after;
  },
});

const gate = localCommand({
  name: "gate",
  isClassic: false,
  usage: "gate",
  help: "connect through a gateway: see host files",
  *run() {
    yield* [];
    throw new ConsoleError(
      "gate: fxpd logs in to a gateway by a host file whose user is user@server; see config/README.md",
    );
  },
});

export const TOGGLE_COMMANDS: readonly ConsoleCommand[] = [
  ...(Object.keys(TOGGLES) as Toggle[])
    .filter((name) => name !== "passive" && name !== "hash" && name !== "glob")
    .map(toggle),
  passive,
  glob,
  familyCommand("ipv4", 4),
  familyCommand("ipv6", 6),
  familyCommand("ipany", undefined),
  hash,
  debug,
  gate,
];
