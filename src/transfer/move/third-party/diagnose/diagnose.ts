import { adviceOn } from "../../../../ftp/advice/advice.ts";
import { IN_CLEAR } from "../../../../ftp/advice/directives.ts";
import { ConnectionError, ReplyError } from "../../../../ftp/errors.ts";
import { isMeasured } from "../../../../ftp/quirks.ts";
import type { Client } from "../../../../ftp/session/client.ts";
import type { Clock } from "../../../../shared/clock.ts";
import { messageOf } from "../../../../shared/errors.ts";
import { formatDuration } from "../../../../shared/units.ts";
import type { AttemptOutcome } from "../attempt/attempt-state.ts";
import { refused, type RefusedCommand, type ServerTraits, type TimedOut } from "./culprit.ts";
import { judgeAttempt } from "../judgement.ts";
import type { Route } from "../route.ts";
import type { FtpSide } from "../../../sides/ftp-side.ts";
import { type PeerCapabilities, type Method, methodsFor } from "../methods.ts";
import type { Role } from "../../../role.ts";
import { faultOfProbe, probePath } from "./probe-file.ts";
import { IN_STEP } from "../parties.ts";
import { ThirdParty } from "../third-party.ts";
import type { Traces } from "./traces.ts";
import { verifyNow } from "../../../prove/verify.ts";
import { visibleFacts } from "../../../prove/visible-facts.ts";
import { UnknownSizeError } from "../../../errors.ts";
import { endedWith426, isStored } from "../../late-close.ts";
import { meetingsOf } from "./choice.ts";
import { type WhyNot, whyNot } from "./why-not.ts";
import { anySignal } from "../../../../shared/any-signal.ts";

/** What became of one method between two servers. */
export type Diagnosis = About & (Works | RefusedCommand | Failed | NotTried);

interface About {
  readonly method: string;
  /** Who listens, by which command, and who begins TLS; null: bytes pass in clear. */
  readonly passive: Role;
  readonly form: Method["form"];
  readonly tlsClient: Role | null;
}

interface Works {
  readonly outcome: "works";
  readonly seconds: number;
}

/** Both servers said that all went well, and it had not. */
interface Failed {
  readonly outcome: "failed";
  readonly because: string;
  readonly advice: readonly string[];
  readonly seconds: number;
}

interface NotTried {
  readonly outcome: "not-tried";
  readonly because: string;
  readonly advice: readonly string[];
}

/** What is tried out: a file at the source, a directory at the target. */
export interface Examination {
  readonly source: { readonly side: FtpSide; readonly path: string };
  readonly target: { readonly side: FtpSide; readonly directory: string };
  /** Letters and digits that our names have and others do not. */
  readonly nonce: string;
  readonly traces: Traces;
  /** How long one method may take. */
  readonly limitMs: number;
  /** Whether the file was stored by `storeProbe`, so that its copy can be read where no question is answered. */
  readonly isProbe?: boolean;
  readonly clock: Clock;
  /** What transfers between these two begin with; what is found out here counts there. */
  readonly route?: Route;
}

/**
 * Tries every third-party method between two servers: first those that may work, the likeliest first, then
 * those that cannot be tried, and why. A method that costs a connection costs no more than itself.
 * @throws ConnectionError, LoginError where a server cannot be reached (any more)
 */
export async function* diagnose(examination: Examination, signal: AbortSignal): AsyncGenerator<Diagnosis> {
  const { source, target } = examination;
  const [there, here] = await meetingsOf(source.side, target.side, signal);
  const sides: ServerTraits = {
    source: { meeting: there, family: (await source.side.client(signal)).session.family },
    target: { meeting: here, family: (await target.side.client(signal)).session.family },
  };
  const methods = methodsFor(there, here);
  const tried: Tried[] = [];
  const used = new WeakSet<Client>();
  for (const [index, method] of methods.entries()) {
    const one = await tryMethod(examination, sides, method, index, used, signal);
    tried.push({ method, ...one });
    yield one.diagnosis;
  }
  learn(examination, tried, methods);
  const isHopeless = methods.length === 0;
  for (const method of methodsFor(willing(there), willing(here))) {
    const reason = whyNot(method, { source: there, target: here });
    if (reason !== undefined) yield { ...aboutOf(method), ...notTried(reason, sides, isHopeless) };
  }
}

/** What was tried, and what the attempt itself came to; absent where it did not end. */
interface Tried {
  readonly method: Method;
  readonly diagnosis: Diagnosis;
  readonly outcome: AttemptOutcome | TimedOut;
}

/** What works is what a transfer begins with; what does not is judged as one judges it, and left for a while. */
function learn({ route, source, target }: Examination, tried: readonly Tried[], methods: readonly Method[]) {
  if (route === undefined) return;
  const isWorking = tried.some(({ diagnosis }) => diagnosis.outcome === "works");
  const measured = { source: isMeasured(source.side.family), target: isMeasured(target.side.family) };
  const circumstances = { hasWorked: false, hasMoved: false, isMeasured: measured };
  for (const { method, diagnosis, outcome } of tried) {
    if (diagnosis.outcome === "works" || diagnosis.outcome === "not-tried") continue;
    const because = `${method.name}: ${diagnosis.because}`;
    const judgement =
      outcome.kind === "failed" || outcome.kind === "impossible"
        ? judgeAttempt(method, outcome, circumstances, methods)
        : undefined;
    if (judgement?.fault === "method") route.refused(method, because, judgement.by);
    else if (isWorking && judgement?.fault !== "file") route.refused(method, because, "unknown");
  }
  const first = tried.find(({ diagnosis }) => diagnosis.outcome === "works");
  for (const { method, diagnosis } of tried)
    if (diagnosis.outcome === "works" && method !== first?.method) route.allowed(method);
  if (first !== undefined) route.worked(first.method);
}

/** As if a server would do everything, at an address that everybody reaches. */
function willing(meeting: PeerCapabilities): PeerCapabilities {
  const able = { sscn: true, cpsv: true, canBePassive: true, cutsAsTlsClient: false };
  return { ...meeting, ...able, address: "192.0.2.1", protection: "possible" };
}

function aboutOf({ name, passive, form, tlsClient }: Method): About {
  return { method: name, passive, form, tlsClient: tlsClient ?? null };
}

/** Where something can be tried, what cannot needs no advice. */
function notTried({ because, hinges }: WhyNot, sides: ServerTraits, isHopeless: boolean): NotTried {
  if (!isHopeless) return { outcome: "not-tried", because, advice: [] };
  const advice = hinges.flatMap(({ role, on }) => {
    const { meeting, family } = sides[role];
    const sentences = on === "policy" ? [TLS_PREFERRED] : adviceOn(family, on);
    return sentences.map((sentence) => `${meeting.name}: ${sentence}`);
  });
  return { outcome: "not-tried", because, advice };
}

const TLS_PREFERRED = `set tls: prefer instead of required in its host file (${IN_CLEAR})`;

/** One method from STOR to the size of what arrived; then the file is removed. */
async function tryMethod(
  examination: Examination,
  sides: ServerTraits,
  method: Method,
  index: number,
  used: WeakSet<Client>,
  signal: AbortSignal,
): Promise<Omit<Tried, "method">> {
  const { target, nonce, traces, clock } = examination;
  const path = probePath(target.directory, `${nonce}-${index + 1}`);
  const beganMs = clock.now();
  const trace = traces.add(target.side, path);
  try {
    const attempt = await movedByItself(examination, path, method, used, signal);
    const outcome = (await isMoved(examination, path, attempt, signal)) ? MOVED : attempt;
    const seconds = (clock.now() - beganMs) / 1_000;
    const about = aboutOf(method);
    if (outcome.kind !== "moved")
      return { diagnosis: { ...about, ...refused(sides, method, outcome), seconds }, outcome };
    const fault = await faultOf(examination, path, signal);
    const diagnosis: Diagnosis =
      fault === undefined
        ? { ...about, outcome: "works", seconds }
        : { ...about, outcome: "failed", because: fault, advice: [], seconds };
    return { diagnosis, outcome };
  } finally {
    await traces.remove(trace);
  }
}

/**
 * The attempt, made again where a connection that an earlier method had used was lost: what a server still had to say of that
 * method may have ended it, and says nothing of this one.
 */
async function movedByItself(
  examination: Examination,
  path: string,
  method: Method,
  used: WeakSet<Client>,
  signal: AbortSignal,
): Promise<AttemptOutcome | TimedOut> {
  const { source, target } = examination;
  const clients = [await source.side.client(signal), await target.side.client(signal)];
  const hasServed = clients.some((client) => used.has(client));
  for (const client of clients) used.add(client);
  const outcome = await moved(examination, path, method, signal);
  const isLost =
    outcome.kind === "failed" && outcome.causes.some(({ end }) => end instanceof ConnectionError);
  return hasServed && isLost ? moved(examination, path, method, signal) : outcome;
}

/** The attempt; one that does not end in time ended with both sides waiting for a data connection. */
async function moved(
  { source, target, limitMs }: Examination,
  path: string,
  method: Method,
  signal: AbortSignal,
): Promise<AttemptOutcome | TimedOut> {
  const [there, here] = [await source.side.client(signal), await target.side.client(signal)];
  const retrieve = { verb: "RETR", argument: there.absolute(source.path) } as const;
  const store = { verb: "STOR", argument: here.absolute(path) } as const;
  const parties = {
    source: { client: there, command: retrieve, restartAt: 0 },
    target: { client: here, command: store, restartAt: 0 },
  };
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await new ThirdParty(parties, method, IN_STEP, anySignal(signal, limit)).outcome;
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted) throw error;
    return { kind: "timed-out", because: `did not end within ${formatDuration(limitMs)}`, causes: [] };
  }
}

const MOVED: AttemptOutcome = { kind: "moved" };

/** A data connection that was closed badly after the last byte is no failure, as a copy judges it. */
async function isMoved(
  { source, target }: Examination,
  path: string,
  outcome: AttemptOutcome | TimedOut,
  signal: AbortSignal,
): Promise<boolean> {
  if (outcome.kind !== "failed" || !endedWith426(outcome)) return false;
  const { sizeBytes } = (await source.side.facts(source.path, signal).catch(() => undefined)) ?? {};
  signal.throwIfAborted();
  const ends = { source, target: { side: target.side, path } };
  return isStored({ ends, sizeBytes, isVerified: true }, signal);
}

/** Why what is at the target is not the file; undefined: it is. A server that answers no question is read. */
async function faultOf(
  { source, target, isProbe = false, clock }: Examination,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const end = { side: target.side, path };
  try {
    await verifyNow({ source, target: end }, signal, () => visibleFacts(end, clock, signal));
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const isUnknown = error instanceof UnknownSizeError || error instanceof ReplyError;
    if (!isProbe || !isUnknown) return messageOf(error);
    return faultOfProbe(target.side, path, signal).catch((unread: unknown) => {
      signal.throwIfAborted();
      return `${messageOf(error)}; it cannot be read back either: ${messageOf(unread)}`;
    });
  }
}
