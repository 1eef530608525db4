import { ReplyError } from "../ftp/errors.ts";
import { AppError, type Retry } from "../shared/errors.ts";
import type { AttemptOutcome } from "./attempt.ts";
import { RefusedError, TransferError } from "./errors.ts";
import { FtpSide } from "./ftp-side.ts";
import { type Meeting, type Method, methodsFor } from "./methods.ts";
import { type Ends, moveThroughUs } from "./relay.ts";
import type { Route } from "./route.ts";
import { temporaryPath } from "./temporary-name.ts";
import { moveThirdParty } from "./third-party.ts";
import { verifySize } from "./verify.ts";

/** `prefer`: third-party, else through us; `only`: third-party or not at all; `never`: through us. */
export type FxpPolicy = "prefer" | "only" | "never";

export interface TransferPolicy {
  readonly fxp: FxpPolicy;
  /** `size`: equal at both ends, asked after the last octet; `off`: both final replies are believed. */
  readonly verify: "size" | "off";
}

export interface TransferContext {
  readonly policy: TransferPolicy;
  readonly route: Route;
  /** Tells the temporary file of this try from any other's; letters and digits. */
  readonly nonce: string;
  /** How many octets have passed through us so far. */
  readonly progress?: (octets: number) => void;
}

/** How a file came to its target. */
export interface Moved {
  readonly by: "third-party" | "relay";
  /** Name of the third-party method. */
  readonly method: string | null;
  readonly bytes: number;
  /** Whether octets were private all the way. */
  readonly protected: boolean;
  /** Why this way. */
  readonly because: string;
}

/**
 * Moves one file: to a temporary name beside the target, verified there, then given its name. Until then
 * whatever stands at the target stands unchanged; after a failure nothing new is left behind.
 * @throws TransferError, VerificationError, RefusedError, or what a side said
 */
export async function transferFile(
  ends: Ends,
  context: TransferContext,
  signal: AbortSignal,
): Promise<Moved> {
  const { source, target } = ends;
  const from = `${source.side.name}:${source.path}`;
  const temporary = temporaryPath(from, target.path, context.nonce);
  const toTemporary = { source, target: { side: target.side, path: temporary } };
  try {
    const moved = await move(toTemporary, context, signal);
    const bytes = context.policy.verify === "size" ? await verifySize(toTemporary, signal) : moved.bytes;
    await target.side.replace(target.path, temporary, signal);
    return { ...moved, bytes };
  } catch (error) {
    await discard(ends, temporary);
    throw error;
  }
}

/** How long a failed transfer's temporary file may take to delete, on a new connection if need be. */
const DISCARD_MS = 10_000;

async function discard({ target }: Ends, temporary: string): Promise<void> {
  // A target that cannot be reached keeps a file under a temporary name; no other harm is done.
  await target.side.remove(temporary, AbortSignal.timeout(DISCARD_MS)).catch(() => {});
}

async function move(ends: Ends, context: TransferContext, signal: AbortSignal): Promise<Moved> {
  const { policy, route } = context;
  const { source, target } = { source: ends.source.side, target: ends.target.side };
  if (!(source instanceof FtpSide) || !(target instanceof FtpSide)) {
    if (policy.fxp === "only")
      throw new RefusedError(`${source.name} → ${target.name}: third-party needs two servers`);
    return relay(ends, context, "one side is this machine", signal);
  }
  if (policy.fxp === "never") return relay(ends, context, "third-party transfers are switched off", signal);
  const moved = await route.one(() => moveByMethods(ends, source, target, context, signal));
  if (moved !== undefined) return moved;
  const because = route.refusals || "no method can work between these servers";
  if (policy.fxp === "only")
    throw new RefusedError(`${source.name} → ${target.name}: no third-party transfer: ${because}`);
  return relay(ends, context, because, signal);
}

/** Every method in turn; undefined when none is left. */
async function moveByMethods(
  ends: Ends,
  source: FtpSide,
  target: FtpSide,
  { route }: TransferContext,
  signal: AbortSignal,
): Promise<Moved | undefined> {
  const meetings = await Promise.all([meetingOf(source, signal), meetingOf(target, signal)]);
  for (const method of route.order(methodsFor(...meetings))) {
    const outcome = await tryMethod(ends, source, target, method, signal);
    if (outcome.kind === "failed") throw failureOf(ends, method, outcome);
    if (outcome.kind === "moved") {
      route.worked(method);
      return {
        by: "third-party",
        method: method.name,
        bytes: 0,
        protected: false,
        because: "both servers agree",
      };
    }
    route.refused(method, outcome.because);
  }
  return undefined;
}

async function tryMethod(ends: Ends, source: FtpSide, target: FtpSide, method: Method, signal: AbortSignal) {
  const parties = {
    source: { client: await source.client(signal), path: ends.source.path },
    target: { client: await target.client(signal), path: ends.target.path },
  };
  return moveThirdParty(parties, method, signal);
}

async function meetingOf(side: FtpSide, signal: AbortSignal): Promise<Meeting> {
  const client = await side.client(signal);
  return {
    address: client.peerAddress,
    allowsClear: side.host.tls.policy !== "required",
    canBePassive: client.session.quirks.acceptsForeignPeers,
  };
}

async function relay(
  ends: Ends,
  context: TransferContext,
  because: string,
  signal: AbortSignal,
): Promise<Moved> {
  const bytes = await moveThroughUs(ends, context.progress ?? (() => {}), signal);
  const isPrivate = (side: Ends["source"]["side"]) => !(side instanceof FtpSide) || side.isProtected;
  const isProtected = isPrivate(ends.source.side) && isPrivate(ends.target.side);
  return { by: "relay", method: null, bytes, protected: isProtected, because };
}

/** Both sides' words in one error; what to do next is said by the more hopeful side. */
function failureOf(
  ends: Ends,
  method: Method,
  { because, causes }: Extract<AttemptOutcome, { kind: "failed" }>,
): TransferError {
  const errors = causes.map(({ role, end }) => {
    if (end instanceof Error) return end;
    const { side, path } = ends[role];
    return new ReplyError(side.name, { verb: role === "source" ? "RETR" : "STOR", argument: path }, end);
  });
  const retries = errors.map((error) => (error instanceof AppError ? error.retry : "later"));
  const retry = HOPE.find((one) => retries.includes(one)) ?? "later";
  const route = `${ends.source.side.name} → ${ends.target.side.name}`;
  return new TransferError(`${route} (${method.name}): ${because}`, retry, errors[0]);
}

const HOPE: readonly Retry[] = ["other-method", "new-connection", "later", "never"];
