import { ReplyError } from "../ftp/errors.ts";
import { AppError, type Retry } from "../shared/errors.ts";
import type { AttemptOutcome } from "./attempt.ts";
import { RefusedError, TransferError } from "./errors.ts";
import { FtpSide } from "./ftp-side.ts";
import { type Meeting, type Method, methodsFor, obstacleBetween } from "./methods.ts";
import { type Ends, moveThroughUs } from "./relay.ts";
import type { Route } from "./route.ts";
import { temporaryPath } from "./temporary-name.ts";
import { moveThirdParty, type Parties } from "./third-party.ts";
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
  const refusal = await target.side.refusalOf(target.path, signal);
  if (refusal !== undefined) throw new TransferError(`${target.side.name}: ${refusal}`, "never");
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
  const meetings = [await meetingOf(source, signal), await meetingOf(target, signal)] as const;
  const obstacle = obstacleBetween(...meetings);
  const moved =
    obstacle ?? (await route.one(() => moveByMethods(ends, methodsFor(...meetings), context, signal)));
  if (typeof moved === "object") return moved;
  const because = moved ?? route.refusals;
  if (policy.fxp === "only")
    throw new RefusedError(`${source.name} → ${target.name}: no third-party transfer: ${because}`);
  return relay(ends, context, because, signal);
}

/** Every method in turn; undefined when none is left. */
async function moveByMethods(
  ends: Ends,
  methods: readonly Method[],
  { route }: TransferContext,
  signal: AbortSignal,
): Promise<Moved | undefined> {
  for (let [method] = route.order(methods); method !== undefined; [method] = route.order(methods)) {
    const outcome = await moveThirdParty(await partiesOf(ends, signal), method, signal);
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
    const { passive } = method;
    const alike = outcome.is === "form" ? [method] : methods.filter((one) => one.passive === passive);
    for (const one of alike) route.refused(one, `${method.name}: ${outcome.because}`);
  }
  return undefined;
}

/** Connections in good order: the attempt before may have cost one. */
async function partiesOf({ source, target }: Ends, signal: AbortSignal): Promise<Parties> {
  if (!(source.side instanceof FtpSide) || !(target.side instanceof FtpSide))
    throw new TypeError("two servers, please");
  return {
    source: { client: await source.side.client(signal), path: source.path },
    target: { client: await target.side.client(signal), path: target.path },
  };
}

async function meetingOf(side: FtpSide, signal: AbortSignal): Promise<Meeting> {
  const client = await side.client(signal);
  return {
    name: side.name,
    address: client.peerAddress,
    allowsClear: side.host.tls.policy !== "required",
    canBePassive: client.session.quirks.acceptsForeignPeers,
    isBetterPassive: client.session.quirks.losesActive,
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
