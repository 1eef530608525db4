import { commonDigest, type Digest } from "../../ftp/session/digest.ts";
import { VerificationError } from "../errors.ts";
import type { Lane, ControlTurn } from "../lane.ts";
import type { Begun, Claim } from "../ledger.ts";
import type { Moved, TransferPolicy } from "../policy.ts";
import type { Ends } from "../move/relay.ts";
import type { Start } from "../prove/resume.ts";
import type { FileFacts, Published, Publishing, Side } from "../sides/side.ts";
import { type Asked, verifyDigest, verifySize } from "../prove/verify.ts";
import type { MoveResult } from "../move/choose.ts";

/** A file whose octets have all been sent. */
export interface Arriving {
  readonly ends: Ends;
  /** The source and the temporary file. */
  readonly partial: Ends;
  readonly claim: Claim;
  readonly record: Begun;
  readonly lane: Lane;
  readonly asked: Asked;
  readonly context: {
    readonly policy: TransferPolicy;
    /** Where a file goes that stands at the target; absent: it is overwritten. */
    readonly aside?: string | undefined;
  };
}

/** How a file's octets came to be at the target. */
export interface Done {
  readonly start: Start;
  readonly carried: MoveResult;
}

/** What comes after the last octet: it is verified, and gets its time and its name. */
export async function finish(
  { ends, partial, claim, record, lane, asked, context: { policy, aside } }: Arriving,
  { start, carried }: Done,
  controlTurn: ControlTurn,
  signal: AbortSignal,
): Promise<Moved> {
  await controlTurn.begin();
  const verified = await verify({ ends: partial, record, policy, asked }, carried, controlTurn, signal);
  const time = timeFor(ends, verified.source, record, policy);
  const { side, path } = ends.target;
  const file = { temporary: partial.target.path, path, modifiedMs: time.modifiedMs, aside };
  await controlTurn.begin();
  claim.requireHeld?.();
  const published = await side.publish(file, () => controlTurn.yield(), signal);
  controlTurn.yield();
  if (!published.isNamed) await lane.alone(() => nameStill(side, file, verified.sizeBytes, signal));
  const fault = (await timeFault(published, time.modifiedMs, ends, lane, signal)) ?? time.fault;
  const kept = fault === undefined ? time.modified : undefined;
  const stored = policy.preserveTimes
    ? await storedAt(ends, verified.target, kept, lane, signal)
    : verified.target;
  const reasons = [carried.because, start.because, fault && `modification time not preserved: ${fault}`];
  return {
    by: carried.by,
    method: carried.method,
    bytes: (verified.sizeBytes ?? start.from) - start.from,
    resumedFrom: start.from,
    protected: carried.protected,
    digest: verified.digest,
    because: reasons.filter((one) => one !== undefined).join("; "),
    sent: verified.source,
    stored,
  };
}

/** A file that has its name after all, when the reply that said so came for another command, is left alone. */
async function nameStill(
  side: Side,
  { temporary, path }: Publishing,
  sizeBytes: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const isGone = sizeBytes !== undefined && (await side.facts(temporary, signal)) === undefined;
  if (isGone && (await side.facts(path, signal))?.sizeBytes === sizeBytes) return;
  await side.replace(path, temporary, signal);
}

interface Verified {
  readonly source?: FileFacts;
  readonly target?: FileFacts;
  readonly sizeBytes: number | undefined;
  readonly digest: Digest | null;
}

async function verify(
  {
    ends,
    record,
    policy,
    asked,
  }: Pick<Arriving, "ends" | "record" | "asked"> & { readonly policy: TransferPolicy },
  carried: MoveResult,
  controlTurn: ControlTurn,
  signal: AbortSignal,
): Promise<Verified> {
  if (policy.verify === "off") {
    return { sizeBytes: record.sizeBytes, digest: null };
  }
  const arrived = await verifySize(ends, asked, policy.preserveTimes, controlTurn, signal);
  verifyUnchanged(ends, record, arrived.source);
  const { source, target, sizeBytes } = arrived;
  if (policy.verify === "size") return { source, target, sizeBytes, digest: null };
  await controlTurn.begin();
  return { source, target, sizeBytes, digest: await digestOf(ends, carried, sizeBytes, policy, signal) };
}

/** What the first way to set the time would not do, another one may. */
async function timeFault(
  { timeFault: fault, mayHaveOther }: Published,
  modifiedMs: number | undefined,
  { target: { side, path } }: Ends,
  lane: Lane,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (mayHaveOther !== true || modifiedMs === undefined) return fault;
  return lane.alone(() => side.setModified(path, modifiedMs, signal));
}

/** The time that the target is to get, or why there is none. */
function timeFor(
  { source }: Ends,
  facts: FileFacts | undefined,
  { modifiedMs }: Begun,
  { preserveTimes }: TransferPolicy,
): { readonly modifiedMs?: number; readonly modified?: FileFacts["modified"]; readonly fault?: string } {
  if (!preserveTimes) return {};
  const modified = facts?.modified;
  const atMs = modified?.atMs ?? modifiedMs;
  if (atMs === undefined) return { fault: `${source.side.name} does not report it` };
  return { modifiedMs: atMs, modified };
}

/** What stands at the target now. A time that was to be set was not asked for; one that could not be set is. */
async function storedAt(
  { target: { side, path } }: Ends,
  target: FileFacts | undefined,
  kept: FileFacts["modified"] | undefined,
  lane: Lane,
  signal: AbortSignal,
): Promise<FileFacts | undefined> {
  if (kept !== undefined) return target && { ...target, modified: kept };
  if (target === undefined || target.modified !== undefined) return target;
  // The file is in its place, whether this can be known or not.
  return lane.alone(() => side.facts(path, signal)).catch(() => target);
}

/** A source that was written to meanwhile may be half the old and half the new. */
function verifyUnchanged({ source }: Ends, record: Begun, now: FileFacts): void {
  if (record.modifiedMs === undefined || now.modified === undefined) return;
  if (record.modifiedMs === now.modified.atMs) return;
  throw new VerificationError(`${source.side.name}: ${source.path}: changed while it was being copied`);
}

async function digestOf(
  ends: Ends,
  { passed }: MoveResult,
  sizeBytes: number,
  { verify }: TransferPolicy,
  signal: AbortSignal,
): Promise<Digest | null> {
  const { source, target } = ends;
  const offered = await target.side.digests(signal);
  const common = commonDigest(await source.side.digests(signal), offered);
  const algorithm = passed?.algorithm ?? common;
  if (algorithm !== undefined) return verifyDigest(ends, algorithm, sizeBytes, passed?.value, signal);
  if (verify === "digest") return null;
  throw new VerificationError(`${target.side.name}: ${target.path}: no digest available`);
}
