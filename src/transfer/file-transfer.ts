import { commonDigest } from "../ftp/session/digest.ts";
import { NoReplyError, ProtocolError } from "../ftp/errors.ts";
import * as verbs from "../ftp/session/verbs.ts";
import { AppError, isCancellation, messageOf } from "../shared/errors.ts";
import { ALMOST_DONE_MS, lingering } from "../shared/lingering.ts";
import type { Clock } from "../shared/clock.ts";
import {
  isTargetFull,
  NoRestartError,
  RefusedError,
  retryOfError,
  TransferError,
  VerificationError,
} from "./errors.ts";
import { FtpSide } from "./sides/ftp-side.ts";
import { Lane, type ControlTurn, type DataTurn } from "./lane.ts";
import type { Begun, Claim, Ledger } from "./ledger.ts";
import type { Role } from "./move/third-party/methods.ts";
import type { Ends } from "./move/relay.ts";
import { provenStart, type Start, WORTH_RESUMING } from "./prove/resume.ts";
import type { Route } from "./move/third-party/route.ts";
import type { FileFacts } from "./sides/side.ts";
import { temporaryPath, transferKey } from "./publish/temporary-name.ts";
import { type Done, finish } from "./publish/finish.ts";
import type { Moved, TransferPolicy } from "./policy.ts";
import { type Asked, glanceAt } from "./prove/verify.ts";
import type { Look } from "./move/third-party/watch.ts";
import { type MoveResult, moveBytes, type Order } from "./move/choose.ts";

export interface TransferContext {
  readonly policy: TransferPolicy;
  readonly route: Route;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** What a listing said of the source. */
  readonly listed?: FileFacts | undefined;
  /** How many octets the target has so far. */
  readonly progress?: (octets: number) => void;
  /** How the size of a growing target is looked up; absent: it is not. */
  readonly look?: Look;
  /** Where a file goes that stands at the target; absent: it is overwritten. */
  readonly aside?: string | undefined;
  /** The lane that these sides carry other files on as well. */
  readonly lane?: Lane;
  /** Whether another file follows on that lane. */
  readonly hasNext?: () => boolean;
  /** Called when all octets have moved, and the lane is free for the next file. */
  readonly carried?: () => void;
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
  const lane = context.lane ?? new Lane();
  const turn = await lane.take();
  try {
    const { source, target } = ends;
    const refusal = await target.side.refusalOf(target.path, signal);
    if (refusal !== undefined) throw new TransferError(`${target.side.name}: ${refusal}`, "never");
    if (context.policy.verify === "require-digest") await requireDigest(ends, context.policy, signal);
    const record = recordListed(ends, context) ?? (await recordAsked(ends, signal));
    const key = transferKey(target.side.locate(target.path));
    const claim = await claimed(context.ledger, key, record);
    const temporary = temporaryPath(target.path, key, context.ledger.owner);
    const partial: Ends = { source, target: { side: target.side, path: temporary } };
    const asked: Asked = {};
    return await transferClaimed({ ends, partial, claim, record, asked, lane, turn, context }, signal);
  } finally {
    turn.end();
  }
}

/** Whether a reply did not come, or came for another command. */
function isGarbled(error: unknown): boolean {
  return error instanceof NoReplyError || error instanceof ProtocolError;
}

/** A disk of ours that is full is not the target's. */
async function claimed(ledger: Ledger, key: string, record: Begun): Promise<Claim> {
  try {
    return await ledger.claim(key, record);
  } catch (error) {
    if (error instanceof AppError || isCancellation(error)) throw error;
    throw new TransferError(`the transfer's state cannot be saved: ${messageOf(error)}`, "later");
  }
}

/** A file on its way: who has the right to write it, where, and when it is its turn. */
interface Underway {
  readonly ends: Ends;
  /** The source and the temporary file. */
  readonly partial: Ends;
  readonly claim: Claim;
  readonly record: Begun;
  readonly asked: Asked;
  readonly lane: Lane;
  readonly turn: DataTurn;
  readonly context: TransferContext;
}

async function transferClaimed(underway: Underway, signal: AbortSignal): Promise<Moved> {
  const { partial, claim, record, lane, turn, context } = underway;
  let controlTurn: ControlTurn | undefined;
  let isKept = false;
  try {
    const done = await carryFrom(underway, signal);
    controlTurn = lane.controlTurn();
    turn.end();
    context.carried?.();
    // It gets its name where it can, so that it counts as what it is.
    using almost = lingering(signal, ALMOST_DONE_MS);
    return await finish(underway, done, controlTurn, almost.signal);
  } catch (error) {
    controlTurn?.end();
    turn.end();
    if (isGarbled(error)) context.route.doubtAhead();
    isKept =
      !isHeld(claim) ||
      (isWorthKeeping(error, record, context.policy) &&
        (await lane.alone(() => isLongEnough(partial, signal))));
    if (!isKept) await lane.alone(() => discard(partial));
    throw error;
  } finally {
    controlTurn?.end();
    await claim.release(isKept);
  }
}

/** From where the partial file is proven to be right; from the start where a side will not go on from there. */
async function carryFrom(underway: Underway, signal: AbortSignal): Promise<Done> {
  const { partial, claim, record, context } = underway;
  const isFirst = claim.begun === undefined && !claim.mayHaveLeft;
  const start = isFirst ? FROM_THE_START : await startOf(partial, claim, record, context, signal);
  const order = orderOf(underway, start.from, signal);
  if (start.from > 0 && start.from === record.sizeBytes) return { start, carried: nothingToCarry(partial) };
  try {
    return { start, carried: await moveBytes(order, signal) };
  } catch (error) {
    if (!(error instanceof NoRestartError)) throw error;
    await beginAnew(partial, claim, record, signal);
    await forgetRestart(partial, signal);
    const again = { from: 0, because: `from the start: ${error.message}` };
    return { start: again, carried: await moveBytes({ ...order, from: 0 }, signal) };
  }
}

/** Nobody has begun it before. */
const FROM_THE_START: Start = { from: 0 };

async function startOf(
  ends: Ends,
  claim: Claim,
  record: Begun,
  { policy }: TransferContext,
  signal: AbortSignal,
): Promise<Start> {
  if (claim.begun === undefined) {
    // Something may be there all the same, of which no record is left.
    await beginAnew(ends, claim, record, signal);
    return FROM_THE_START;
  }
  const start =
    claim.begun.source === record.source
      ? await provenStart(ends, claim.begun, policy.resume, signal)
      : { from: 0, because: "from the start: the partial file belongs to another source" };
  if (start.from === 0) await beginAnew(ends, claim, record, signal);
  return start;
}

/** Some servers keep the offset of a REST whose transfer they refused (RFC 3659 §5.3). */
async function forgetRestart({ source, target }: Ends, signal: AbortSignal): Promise<void> {
  for (const { side } of [source, target]) {
    if (side instanceof FtpSide) await (await side.client(signal)).reply(verbs.restartAt(0), signal);
  }
}

/** A server may still be writing what was begun before; it goes on writing into a file that has no name. */
async function beginAnew({ target }: Ends, claim: Claim, record: Begun, signal: AbortSignal): Promise<void> {
  await target.side.remove(target.path, signal);
  await claim.begin(record);
}

const WISHES = { digest: "if-possible", "require-digest": "yes", size: "no", off: "no" } as const;

function orderOf(
  { partial, record, asked, turn, context }: Underway,
  from: number,
  signal: AbortSignal,
): Order {
  const { policy, route, clock, progress, look, hasNext } = context;
  const ask = (role: Role) => {
    if (policy.verify !== "off")
      asked[role] = glanceAt(partial, role, policy.preserveTimes, () => {}, signal);
  };
  const forget = () => {
    delete asked.source;
    delete asked.target;
  };
  return {
    ends: partial,
    from,
    sizeBytes: record.sizeBytes,
    fxp: policy.fxp,
    wantsDigest: WISHES[policy.verify],
    route,
    turn,
    hasNext: hasNext ?? (() => false),
    ask,
    forget,
    clock,
    progress: progress ?? (() => {}),
    look,
  };
}

/** Everything had arrived when the try before was cut off. */
function nothingToCarry({ source, target }: Ends): MoveResult {
  const areServers = source.side instanceof FtpSide && target.side instanceof FtpSide;
  const by = areServers ? "third-party" : "relay";
  return { by, method: null, protected: true, because: "all bytes were already at the target" };
}

/** What is recorded of the source, where a listing says it exactly enough. */
function recordListed({ source }: Ends, { listed }: TransferContext): Begun | undefined {
  const isExact = listed?.modified?.precision === "second" && listed.modified.zone === "utc";
  // A small file is over before anybody writes to it; asking would cost more than the file.
  const isSmall = (listed?.sizeBytes ?? WORTH_RESUMING) < WORTH_RESUMING;
  if (!isExact && !isSmall) return undefined;
  return recordOf(source, listed?.sizeBytes, isExact ? listed.modified?.atMs : undefined);
}

async function recordAsked({ source }: Ends, signal: AbortSignal): Promise<Begun> {
  const facts = await source.side.facts(source.path, signal);
  return recordOf(source, facts?.sizeBytes, facts?.modified?.atMs);
}

function recordOf(
  { side, path }: Ends["source"],
  sizeBytes: number | undefined,
  modifiedMs: number | undefined,
): Begun {
  return {
    source: side.locate(path),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(modifiedMs === undefined ? {} : { modifiedMs }),
  };
}

/** @throws RefusedError where the sides have no digest in common */
async function requireDigest(
  { source, target }: Ends,
  { fxp }: TransferPolicy,
  signal: AbortSignal,
): Promise<void> {
  const offered = await target.side.digests(signal);
  const passes = fxp === "never" || !(source.side instanceof FtpSide) || !(target.side instanceof FtpSide);
  const has = passes
    ? commonDigest(offered, offered)
    : commonDigest(await source.side.digests(signal), offered);
  if (has !== undefined) return;
  const sides = `${source.side.name} → ${target.side.name}`;
  throw new RefusedError(
    passes
      ? `${sides}: a digest is required, but ${target.side.name} offers none`
      : `${sides}: a digest is required, but the servers have none in common`,
  );
}

/** Whether the partial file is surely ours still; another's is not ours to delete. */
function isHeld(claim: Claim): boolean {
  try {
    claim.requireHeld?.();
    return true;
  } catch {
    return false;
  }
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
