import type { AppError } from "../../shared/errors.ts";
import type { ControlConnection } from "../connection/control/control-connection.ts";
import { beforeAbort } from "../connection/dial.ts";
import { ConnectionError, ImageTypeError, LoginError, ProtectionError, ReplyError } from "../errors.ts";
import { featureParameters, type Features, hasFeature, NO_FEATURES } from "../features.ts";
import { type Family, familyOf, type Quirks, quirksOf } from "../quirks.ts";
import { classOf, formatReply, isCompletion, type Reply } from "../reply.ts";
import { UTF8 } from "../charset/charsets.ts";
import { loginCommand } from "../login-commands.ts";
import { waysOf } from "../ways.ts";
import { tlsAdvice } from "../advice/wants-tls.ts";
import { NO_EVIDENCE, pipeliningOf } from "./pipelining.ts";
import { ask, askAll, attempt, unjudged } from "./requests.ts";
import type { HostSettings } from "../settings.ts";
import * as verbs from "./verbs.ts";

/** A logged-in control connection and what the server reported about itself. */
export interface ServerSession {
  readonly control: ControlConnection;
  readonly features: Features;
  readonly family: Family | undefined;
  readonly quirks: Quirks;
  /** The login directory; undefined where the server does not tell. */
  readonly home: string | undefined;
  /** The level that PROT has set (RFC 4217 §9). */
  readonly protection: "clear" | "private";
  /** Why the server transfers text only; undefined where it transfers files as they are. */
  readonly textOnly: ImageTypeError | undefined;
  /** Commands of the host's settings that the server refused, each with its reply. */
  readonly refusedCommands: readonly string[];
}

/**
 * From the greeting to a connection that is ready for transfers: HOST, AUTH TLS, USER, PASS, ACCT, PBSZ, PROT, FEAT,
 * SYST, PWD, TYPE I (RFC 959 §6; RFC 4217 §12; RFC 7151; RFC 2389). What does not depend on the login's success goes
 * behind PASS, where the greeting names a server that takes that.
 * @throws LoginError, ProtectionError, ConnectionError; ImageTypeError for a server that transfers text only
 */
export async function logIn(
  control: ControlConnection,
  greeting: Reply,
  signal: AbortSignal,
): Promise<ServerSession> {
  await prepareLogin(control, greeting, signal);
  const { host } = control;
  const greeted = familyOf(greeting.lines.join(" "));
  const isAhead = takesCommands(host, quirksOf(greeted));
  let learning: ReturnType<typeof learn> | undefined;
  const begin = () => (learning ??= learn(control, greeted, isAhead, signal));
  await authenticate(control, isAhead ? () => void begin().catch(() => {}) : () => {}, signal);
  const about = await begin();
  if (about.textOnly !== undefined) throw about.textOnly;
  return learned(control, greeted, about, signal);
}

/**
 * What comes before USER: HOST and AUTH TLS, as the host wants them.
 * @throws ConnectionError for a greeting that is a refusal; ProtectionError where TLS is required and not to be had
 */
export async function prepareLogin(
  control: ControlConnection,
  greeting: Reply,
  signal: AbortSignal,
): Promise<void> {
  const { host } = control;
  if (!isCompletion(greeting)) throw refusedGreeting(host, greeting);
  if (host.virtualHost !== undefined) await ask(control, verbs.virtualHost(host.virtualHost), signal);
  if (host.tls.policy !== "off" && host.tls.start === "explicit") await startTls(control, signal);
}

/** A session on a connection on which somebody has logged in by commands of their own; it may be one for text only. */
export async function adoptLogin(
  control: ControlConnection,
  greeting: Reply,
  signal: AbortSignal,
): Promise<ServerSession> {
  const greeted = familyOf(greeting.lines.join(" "));
  return learned(control, greeted, await learn(control, greeted, false, signal), signal);
}

async function learned(
  control: ControlConnection,
  greeted: Family | undefined,
  { features, system, home, protection, textOnly }: Awaited<ReturnType<typeof learn>>,
  signal: AbortSignal,
): Promise<ServerSession> {
  const family = greeted ?? familyOf(system?.lines.join(" ") ?? "");
  const quirks = quirksOf(family);
  control.doubleIac = waysOf(control.host).doublesIac ?? quirks.doublesIac;
  await setPreferences(control, features, takesCommands(control.host, quirks), signal);
  const refusedCommands = await sendLoginCommands(control, signal);
  return { control, features, family, quirks, home, protection, textOnly, refusedCommands };
}

/** Whether commands may be written ahead of replies, by the server's kind alone. */
function takesCommands(host: HostSettings, quirks: Quirks): boolean {
  return pipeliningOf({ isAllowed: host.commandsAhead, quirks, evidence: NO_EVIDENCE }) === "commands";
}

/** What the server can do, what it is where the greeting does not say, and where we are. */
async function learn(
  control: ControlConnection,
  greeted: Family | undefined,
  isAhead: boolean,
  signal: AbortSignal,
) {
  const protecting = control.isProtected ? protectData(control, isAhead, signal) : ("clear" as const);
  if (!isAhead) await protecting;
  const questions = [
    attempt(verbs.features(), NO_FEATURES),
    attempt(verbs.workingDirectory()),
    unjudged(verbs.imageType()),
    ...(greeted === undefined ? [attempt(verbs.systemType())] : []),
  ] as const;
  const [[features, home, type, system], protection] = await Promise.all([
    askAll(control, questions, isAhead, signal),
    protecting,
  ]);
  const textOnly = isCompletion(type) ? undefined : await tryLocalType(control, type, signal);
  return { features: features ?? NO_FEATURES, home, system, protection, textOnly };
}

/** TYPE L 8 is equivalent to TYPE I (RFC 959 §3.1.1.4). @returns the error if it is refused too */
async function tryLocalType(
  control: ControlConnection,
  refusal: Reply,
  signal: AbortSignal,
): Promise<ImageTypeError | undefined> {
  const local = await ask(control, unjudged(verbs.localType()), signal);
  if (isCompletion(local)) return undefined;
  return new ImageTypeError(
    `${control.host.name}: TYPE I: ${formatReply(refusal)}: the server transfers text only, which would alter files`,
  );
}

/** The host file has the last word. A refusal does not end the login; it is reported. */
async function sendLoginCommands(
  control: ControlConnection,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const line of control.host.loginCommands ?? []) {
    const verb = unjudged({ command: loginCommand(line), accepts: () => true, read: (reply) => reply });
    const reply = await ask(control, verb, signal);
    if (!isCompletion(reply)) refused.push(control.refusal(verb.command, reply).message);
  }
  return refused;
}

/** Nobody waits for the answers where the server takes the next command all the same. */
async function setPreferences(
  control: ControlConnection,
  features: Features,
  isAhead: boolean,
  signal: AbortSignal,
): Promise<void> {
  const wanted = preferences(features, control.names.charset).map((one) => attempt(one));
  const asked = askAll(control, wanted, isAhead, signal);
  if (isAhead) asked.catch(() => {});
  else await asked;
}

async function startTls(control: ControlConnection, signal: AbortSignal): Promise<void> {
  const { host } = control;
  const reply = await ask(control, attempt(verbs.authTls()), signal);
  if (reply !== undefined) return control.startTls(signal).catch(brokenTls);
  if (host.tls.policy === "required") {
    throw new ProtectionError(
      `${host.name}: TLS is required, but the server refuses AUTH TLS; to allow a connection without TLS, set tls: prefer (in a URL: ftp://)`,
    );
  }
}

/** @throws for a server that offers TLS and cannot do it, what a person may do about that */
function brokenTls(error: unknown): never {
  if (!(error instanceof ConnectionError)) throw error;
  throw new ConnectionError(
    `${error.message}. The server offers TLS, but its handshake fails: fix TLS there, or set tls: off for this host`,
    error,
  );
}

/** @param behind called when PASS is written, unless ACCT may have to follow it */
async function authenticate(
  control: ControlConnection,
  behind: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { name, credentials } = control.host;
  const { user, password, account } = credentials;
  const refused = (reply: Reply) =>
    new LoginError(name, user, reply, control.isProtected ? undefined : tlsAdvice(control.host, reply));
  const step = async (verb: verbs.Verb<Reply>, written = () => {}): Promise<Reply> => {
    const { final } = control.send(verb.command);
    written();
    const reply = await beforeAbort(final, signal);
    if (verb.accepts(reply)) return reply;
    throw refused(reply);
  };
  let reply = await step(verbs.user(user));
  if (reply.code === 331 || reply.code === 336)
    reply = await step(verbs.password(await password()), account === undefined ? behind : undefined);
  if (reply.code === 332 && account === undefined) throw refused(reply);
  if (reply.code === 332 && account !== undefined) reply = await step(verbs.account(await account()));
  // A server may want it only for storing (532); sent now, it need not be asked for in the middle of a transfer.
  else if (account !== undefined) await ask(control, attempt(verbs.account(await account())), signal);
  if (classOf(reply) === "intermediate") throw refused(reply);
}

/** PBSZ comes first (RFC 2228 §3); a server that wants clear data connections gets them only by our policy. */
async function protectData(
  control: ControlConnection,
  isAhead: boolean,
  signal: AbortSignal,
): Promise<"clear" | "private"> {
  try {
    const asked = [verbs.protectionBufferSize(), verbs.protectionLevel("private")] as const;
    await askAll(control, asked, isAhead, signal);
    return "private";
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    if (control.host.tls.policy === "prefer") return "clear";
    throw new ProtectionError(
      `${error.message}: TLS is required for data connections too; to allow files to be sent in clear, set tls: prefer`,
      error,
    );
  }
}

/** Settings that a server offers and that make its words unambiguous. */
function preferences(features: Features, charset: string): readonly verbs.Verb<Reply>[] {
  const wanted: verbs.Verb<Reply>[] = [];
  if (hasFeature(features, "UTF8") && charset === UTF8) wanted.push(verbs.option("UTF8 ON"));
  if (hasFeature(features, "CEPR")) wanted.push(verbs.explicitAddress());
  const facts = featureParameters(features, "MLST");
  const useful = facts.filter((fact) => USEFUL_FACTS.test(fact));
  if (useful.some((fact) => !fact.endsWith("*"))) {
    wanted.push(verbs.option(`MLST ${useful.map((fact) => `${fact.replace("*", "")};`).join("")}`));
  }
  return wanted;
}

const USEFUL_FACTS = /^(type|size|modify|unique|perm|unix\.(mode|owner|group))\*?$/i;

function refusedGreeting(host: HostSettings, greeting: Reply): AppError {
  const refusal = new ReplyError(host.name, { verb: "(connect)" }, greeting);
  return new ConnectionError(
    `${host.name}: the server refused the connection: ${formatReply(greeting)}`,
    refusal,
  );
}
