import { commonDigest, type Digest } from "../ftp/digest.ts";
import { isCancellation } from "../shared/errors.ts";
import type { Clock } from "../shared/clock.ts";
import {
  isTargetFull,
  NoRestartError,
  RefusedError,
  retryOfError,
  TransferError,
  VerificationError,
} from "./errors.ts";
import { FtpSide } from "./ftp-side.ts";
import type { Begun, Claim, Ledger } from "./ledger.ts";
import type { Ends } from "./relay.ts";
import { provenStart, type ResumePolicy, type Start, WORTH_RESUMING } from "./resume.ts";
import type { Route } from "./route.ts";
import type { FileFacts } from "./side.ts";
import { temporaryPath, transferKey } from "./temporary-name.ts";
import { verifyDigest, verifySize } from "./verify.ts";
import type { Look } from "./watch.ts";
import { type Carried, carry, type FxpPolicy, type Order } from "./way.ts";

/**
 * `size`: equal at both ends, asked after the last octet; `digest`: that, and equal digests where both sides
 * have one in common; `require-digest`: no file without; `off`: both final replies are believed.
 */
export type VerifyPolicy = "size" | "digest" | "require-digest" | "off";

export interface TransferPolicy {
  readonly fxp: FxpPolicy;
  readonly verify: VerifyPolicy;
  readonly resume: ResumePolicy;
  /** Whether the target gets the source's modification time. */
  readonly preserveTimes: boolean;
}

export interface TransferContext {
  readonly policy: TransferPolicy;
  readonly route: Route;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** What a listing said of the source. */
  readonly listed?: FileFacts;
  /** How many octets the target has so far. */
  readonly progress?: (octets: number) => void;
  /** How the size of a growing target is looked up; absent: it is not. */
  readonly look?: Look;
}

/** How a file came to its target. */
export interface Moved {
  readonly by: "third-party" | "relay" | "server-side";
  /** Name of the third-party method. */
  readonly method: string | null;
  /** Octets that were moved: those of the file without those that were there already. */
  readonly bytes: number;
  /** Octets that an earlier try had left, and that were not moved again. */
  readonly resumedFrom: number;
  /** Whether octets were private all the way. */
  readonly protected: boolean;
  readonly digest: Digest | null;
  /** Why this way, and from there. */
  readonly because: string;
  /** What stands at the target now, as far as it was asked for. */
  readonly stored?: FileFacts;
}

/**
 * Moves one file: to a temporary name beside the target, verified there, then given its name. Until then
 * whatever stands at the target stands unchanged. After a failure nothing new is left behind, except a partial
 * file that a later try can prove to be the beginning of this source.
 * @throws TransferError, VerificationError, RefusedError, BusyError, or what a side said
 */
export async function transferFile(
  ends: Ends,
  context: TransferContext,
  signal: AbortSignal,
): Promise<Moved> {
  const { source, target } = ends;
  const refusal = await target.side.refusalOf(target.path, signal);
  if (refusal !== undefined) throw new TransferError(`${target.side.name}: ${refusal}`, "never");
  await requireDigest(ends, context.policy, signal);
  const key = transferKey(target.side.locate(target.path));
  const record = await recordOf(ends, context, signal);
  const claim = await context.ledger.claim(key, record);
  const temporary = temporaryPath(target.path, key, context.ledger.owner);
  const partial: Ends = { source, target: { side: target.side, path: temporary } };
  let isKept = false;
  try {
    const moved = await fill(partial, claim, record, context, signal);
    await target.side.replace(target.path, temporary, signal);
    return moved;
  } catch (error) {
    isKept = isWorthKeeping(error, record, context.policy) && (await isLongEnough(partial, signal));
    if (!isKept) await discard(partial);
    throw error;
  } finally {
    await claim.release(isKept);
  }
}

/** Everything before the target gets its name: the octets are there, verified, and have their time. */
async function fill(
  ends: Ends,
  claim: Claim,
  record: Begun,
  context: TransferContext,
  signal: AbortSignal,
): Promise<Moved> {
  const { policy } = context;
  const { start, carried } = await carryFrom(ends, claim, record, context, signal);
  const because = [carried.because, start.because].filter((one) => one !== undefined).join("; ");
  const { by, method } = carried;
  const moved = { by, method, resumedFrom: start.from, protected: carried.protected, digest: null, because };
  if (policy.verify === "off") return { ...moved, bytes: (record.sizeBytes ?? start.from) - start.from };
  const arrived = await verifySize(ends, signal);
  verifyUnchanged(ends, record, arrived.source);
  const digest = await digestOf(ends, carried, arrived.sizeBytes, policy, signal);
  const stored = await withTime(ends, arrived, policy, signal);
  return {
    ...moved,
    bytes: arrived.sizeBytes - start.from,
    digest,
    because: stored.because === undefined ? because : `${because}; ${stored.because}`,
    stored: stored.facts,
  };
}

/** From where the partial file is proven to be right; from the start where a side will not go on from there. */
async function carryFrom(
  ends: Ends,
  claim: Claim,
  record: Begun,
  context: TransferContext,
  signal: AbortSignal,
): Promise<{ readonly start: Start; readonly carried: Carried }> {
  const start = await startOf(ends, claim, record, context, signal);
  const order = orderOf(ends, start.from, record, context);
  if (start.from > 0 && start.from === record.sizeBytes) return { start, carried: nothingToCarry(ends) };
  try {
    return { start, carried: await carry(order, signal) };
  } catch (error) {
    if (!(error instanceof NoRestartError)) throw error;
    await beginAnew(ends, claim, record, signal);
    const again = { from: 0, because: `from the start: ${error.message}` };
    return { start: again, carried: await carry({ ...order, from: 0 }, signal) };
  }
}

async function startOf(
  ends: Ends,
  claim: Claim,
  record: Begun,
  { policy }: TransferContext,
  signal: AbortSignal,
): Promise<Start> {
  if (claim.begun === undefined) return { from: 0 };
  const start =
    claim.begun.source === record.source
      ? await provenStart(ends, claim.begun, policy.resume, signal)
      : { from: 0, because: "from the start: what was there was begun from another source" };
  if (start.from === 0) await beginAnew(ends, claim, record, signal);
  return start;
}

/** A server may still be writing what was begun before; it goes on writing into a file that has no name. */
async function beginAnew({ target }: Ends, claim: Claim, record: Begun, signal: AbortSignal): Promise<void> {
  await target.side.remove(target.path, signal);
  await claim.begin(record);
}

function orderOf(ends: Ends, from: number, record: Begun, context: TransferContext): Order {
  const { policy, route, clock, progress, look } = context;
  const wishes = { digest: "if-possible", "require-digest": "yes", size: "no", off: "no" } as const;
  return {
    ends,
    from,
    sizeBytes: record.sizeBytes,
    fxp: policy.fxp,
    wantsDigest: wishes[policy.verify],
    route,
    clock,
    progress: progress ?? (() => {}),
    look,
  };
}

/** Everything had arrived when the try before was cut off. */
function nothingToCarry({ source, target }: Ends): Carried {
  const areServers = source.side instanceof FtpSide && target.side instanceof FtpSide;
  const by = areServers ? "third-party" : "relay";
  return { by, method: null, protected: true, because: "all octets were there already" };
}

/** What is recorded of the source; a listing says it exactly enough, or the source is asked. */
async function recordOf(
  { source }: Ends,
  { policy, listed }: TransferContext,
  signal: AbortSignal,
): Promise<Begun> {
  const isExact = listed?.modified?.precision === "second" && listed.modified.zone === "utc";
  const mayResume = policy.resume !== "off" && (listed?.sizeBytes ?? WORTH_RESUMING) >= WORTH_RESUMING;
  const facts = isExact || !mayResume ? listed : await source.side.facts(source.path, signal);
  const isKnown = facts !== listed || isExact;
  return {
    source: source.side.locate(source.path),
    ...(facts?.sizeBytes === undefined ? {} : { sizeBytes: facts.sizeBytes }),
    ...(facts?.modified === undefined || !isKnown ? {} : { modifiedMs: facts.modified.atMs }),
  };
}

/** A source that was written to meanwhile may be half the old and half the new. */
function verifyUnchanged({ source }: Ends, record: Begun, now: FileFacts): void {
  if (record.modifiedMs === undefined || now.modified === undefined) return;
  if (record.modifiedMs === now.modified.atMs) return;
  throw new VerificationError(`${source.side.name}: ${source.path}: was changed while it was copied`);
}

/** @throws RefusedError where a digest is required and the sides have none in common */
async function requireDigest(
  { source, target }: Ends,
  { verify, fxp }: TransferPolicy,
  signal: AbortSignal,
): Promise<void> {
  if (verify !== "require-digest") return;
  const offered = await target.side.digests(signal);
  const passes = fxp === "never" || !(source.side instanceof FtpSide) || !(target.side instanceof FtpSide);
  const has = passes
    ? commonDigest(offered, offered)
    : commonDigest(await source.side.digests(signal), offered);
  if (has !== undefined) return;
  const sides = `${source.side.name} → ${target.side.name}`;
  throw new RefusedError(
    passes
      ? `${sides}: a digest is required, and ${target.side.name} offers none`
      : `${sides}: a digest is required, and the servers have none in common`,
  );
}

async function digestOf(
  ends: Ends,
  { passed }: Carried,
  sizeBytes: number,
  { verify }: TransferPolicy,
  signal: AbortSignal,
): Promise<Digest | null> {
  if (verify !== "digest" && verify !== "require-digest") return null;
  const { source, target } = ends;
  const offered = await target.side.digests(signal);
  const common = commonDigest(await source.side.digests(signal), offered);
  const algorithm = passed?.algorithm ?? common;
  if (algorithm !== undefined) return verifyDigest(ends, algorithm, sizeBytes, passed?.value, signal);
  if (verify === "digest") return null;
  throw new VerificationError(`${target.side.name}: ${target.path}: no digest could be had`);
}

/** The target with the source's time where that is wanted; that it cannot be set fails nothing. */
async function withTime(
  { source, target }: Ends,
  arrived: { readonly source: FileFacts; readonly target: FileFacts },
  { preserveTimes }: TransferPolicy,
  signal: AbortSignal,
): Promise<{ readonly facts: FileFacts; readonly because?: string }> {
  if (!preserveTimes) return { facts: arrived.target };
  const { modified } = arrived.source;
  if (modified === undefined) {
    return { facts: arrived.target, because: `time not kept: ${source.side.name} does not tell it` };
  }
  const fault = await target.side.setModified(target.path, modified.atMs, signal);
  return fault === undefined
    ? { facts: { ...arrived.target, modified } }
    : { facts: arrived.target, because: `time not kept: ${fault}` };
}

/** Whether a later try may find something to go on with: octets arrived, and nothing speaks against them. */
function isWorthKeeping(error: unknown, record: Begun, { resume }: TransferPolicy): boolean {
  if (resume === "off" || (record.sizeBytes ?? 0) < WORTH_RESUMING) return false;
  if (error instanceof VerificationError || isTargetFull(error)) return false;
  return isCancellation(error) || retryOfError(error) !== "never";
}

/** Where that cannot be known, something may be there. */
async function isLongEnough({ target }: Ends, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return true;
  const within = AbortSignal.any([signal, AbortSignal.timeout(DISCARD_MS)]);
  const facts = await target.side.facts(target.path, within).catch(() => ({ sizeBytes: undefined }));
  return facts !== undefined && (facts.sizeBytes ?? WORTH_RESUMING) >= WORTH_RESUMING;
}

/** How long a failed transfer's temporary file may take to delete, on a new connection if need be. */
const DISCARD_MS = 10_000;

async function discard({ target }: Ends): Promise<void> {
  // A target that cannot be reached keeps a file under a temporary name; no other harm is done.
  await target.side.remove(target.path, AbortSignal.timeout(DISCARD_MS)).catch(() => {});
}
