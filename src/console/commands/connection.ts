import { isCompletion } from "../../ftp/reply.ts";
import { alias, type ConsoleCommand, localCommand, type RunCommand, serverCommand } from "../command.ts";
import { promptFor, complain, demand, type TypedLogin, type Routine, send, sendStep } from "../effects.ts";
import { ConsoleError, RefusedReplyError, UsageError } from "../errors.ts";
import { IMAGE, type ConsoleSession, withoutServer } from "../session.ts";

const open = localCommand({
  name: "open",
  usage: "open [USER@]HOST [PORT]",
  help: "connect to a server: an address, a URL, or the name of a host file",
  missing: ["to"],
  completes: "host",
  *run(session, { words: [text = "", port] }, run) {
    const known = session.servers[session.at];
    if (known !== undefined) throw new ConsoleError(`Already connected to ${known.name}, use close first.`);
    const address = port === undefined ? { text } : { text, port: portOf(port) };
    const name = (yield { kind: "connect", on: session.at, address }) as string;
    const connected = { name, representation: IMAGE };
    const opened: ConsoleSession = { ...session, servers: { ...session.servers, [session.at]: connected } };
    return opened.isAutomatic ? yield* automaticLogin(opened, run) : opened;
  },
});

/** Ports by the names of their services (IANA). */
const SERVICES: Readonly<Record<string, string>> = { ftp: "21", ftps: "990" };

function portOf(text: string): number {
  const digits = SERVICES[text.toLowerCase()] ?? text;
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port < 1 || port > 65_535)
    throw new UsageError(`"${text}" is not a port; expected a number from 1 to 65535, ftp or ftps`);
  return port;
}

/** Logs in with what is known of the server (URL, host file, netrc), and asks for what is not. */
function* automaticLogin(session: ConsoleSession, run: RunCommand): Routine<ConsoleSession> {
  const login = (yield { kind: "credentials", on: session.at }) as TypedLogin;
  const asked =
    login.user ?? (yield* promptFor(`Name (${session.servers[session.at]?.name ?? ""}:anonymous): `));
  const user = asked === undefined || asked.trim() === "" ? "anonymous" : asked.trim();
  try {
    yield* sendCredentials(session, { ...login, user });
  } catch (error) {
    if (!(error instanceof RefusedReplyError)) throw error;
    yield* complain("Login failed.");
    throw error;
  }
  const { macros, init } = login;
  const known =
    macros === undefined ? session : { ...session, macros: new Map([...session.macros, ...macros]) };
  let after = known;
  for (const line of init ?? []) if (!after.isLeaving) after = yield* run(after, line);
  return after;
}

/** USER, PASS and ACCT as far as the server wants them (RFC 959 §5.4). @throws RefusedReplyError */
export function* sendCredentials(
  session: ConsoleSession,
  { user = "", password: given, account }: TypedLogin,
): Routine<void> {
  const password = given ?? (/^(anonymous|ftp)$/i.test(user) ? session.options.anonpass : undefined);
  let reply = yield* sendStep(session, "USER", user);
  if (reply.code === 331 || reply.code === 336)
    reply = yield* sendStep(session, "PASS", password ?? (yield* promptFor("Password: ", true)) ?? "");
  if (reply.code === 332)
    yield* demand(session, "ACCT", account ?? (yield* promptFor("Account: ", true)) ?? "");
  else if (!isCompletion(reply)) throw new RefusedReplyError(reply);
  else if (account !== undefined) yield* send(session, "ACCT", account);
}

const user = serverCommand({
  name: "user",
  usage: "user NAME [PASSWORD [ACCOUNT]]",
  help: "log in",
  missing: ["username"],
  completes: "nothing",
  *run(session, { words: [name = "", password, account] }) {
    yield* sendCredentials(session, {
      user: name,
      ...(password === undefined ? {} : { password }),
      ...(account === undefined ? {} : { account }),
    });
    return session;
  },
});

const account = serverCommand({
  name: "account",
  usage: "account [PASSWORD]",
  help: "send the account that some servers want beside the password",
  completes: "nothing",
  *run(session, { words: [secret] }) {
    yield* demand(session, "ACCT", secret ?? (yield* promptFor("Account: ", true)) ?? "");
    return session;
  },
});

const close = serverCommand({
  name: "close",
  usage: "close",
  help: "end the connection, and stay here",
  completes: "nothing",
  *run(session) {
    yield { kind: "disconnect", on: session.at };
    return withoutServer(session);
  },
});

const bye = localCommand({
  name: "bye",
  usage: "bye",
  help: "end all connections, and leave",
  *run(session) {
    for (const on of ["second", "first"] as const) {
      if (session.servers[on] !== undefined) yield { kind: "disconnect", on };
    }
    return { ...session, servers: {}, isLeaving: true };
  },
});

const reinitialise = serverCommand({
  name: "reinitialise",
  isClassic: false,
  usage: "reinitialise",
  help: "log out without closing the connection (REIN)",
  completes: "nothing",
  *run(session) {
    yield* demand(session, "REIN");
    return session;
  },
});

const reset = serverCommand({
  name: "reset",
  usage: "reset",
  help: "bring commands and replies back into step",
  completes: "nothing",
  *run(session) {
    yield* demand(session, "NOOP");
    return session;
  },
});

export const CONNECTION: readonly ConsoleCommand[] = [
  open,
  alias("ftp", open, { isClassic: false }),
  user,
  account,
  close,
  alias("disconnect", close),
  bye,
  alias("quit", bye),
  alias("exit", bye),
  reinitialise,
  reset,
];
