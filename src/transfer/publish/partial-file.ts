import { isCancellation } from "../../shared/errors.ts";
import { isTargetFull, NoRenameError, retryOfError, VerificationError } from "../errors.ts";
import type { TargetClaim } from "../ledger.ts";
import type { Claimed } from "../phases.ts";
import { WORTH_RESUMING } from "../prove/resume.ts";
import type { FileFacts } from "../sides/side.ts";
import { anySignal } from "../../shared/any-signal.ts";

/**
 * Deletes what a failed transfer has left under its temporary name, unless a later try may resume it or it is not
 * ours any more.
 * @returns whether it was kept
 */
export async function keepOrDiscard(claimed: Claimed, error: unknown, signal: AbortSignal): Promise<boolean> {
  const { claim, lane } = claimed;
  const isKept =
    !isHeld(claim) ||
    (isWorthKeeping(error, claimed) && (await lane.alone(() => isLongEnough(claimed, signal))));
  if (isKept) {
    if (claimed.inPlace !== undefined) sayIncomplete(error);
    return true;
  }
  const isGone = await lane.alone(() =>
    claimed.inPlace === undefined ? discard(claimed) : discardInPlace(claimed),
  );
  if (!isGone && error instanceof NoRenameError) error.left = claimed.partial.target.path;
  return false;
}

/** Whether the partial file is surely ours still; another's is not ours to delete. */
function isHeld(claim: TargetClaim): boolean {
  try {
    claim.requireHeld?.();
    return true;
  } catch {
    return false;
  }
}

/** Whether a later try may find something to go on with: bytes arrived, and nothing speaks against them. */
function isWorthKeeping(error: unknown, { record, policy }: Claimed): boolean {
  if (policy.resume === "off" || (record.sizeBytes ?? 0) < WORTH_RESUMING) return false;
  if (error instanceof VerificationError || isTargetFull(error)) return false;
  return isCancellation(error) || retryOfError(error) !== "never";
}

/** Where that cannot be known, something may be there. */
async function isLongEnough({ partial: { target } }: Claimed, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return true;
  const within = anySignal(signal, AbortSignal.timeout(DISCARD_MS));
  const facts = await target.side.facts(target.path, within).catch(() => ({ sizeBytes: undefined }));
  return facts !== undefined && (facts.sizeBytes ?? WORTH_RESUMING) >= WORTH_RESUMING;
}

/** How long a failed transfer's temporary file may take to delete, on a new connection if need be. */
const DISCARD_MS = 10_000;

/** @returns whether nothing is left. A target that cannot be reached keeps a file under a temporary name; no other harm is done. */
async function discard({ partial: { target } }: Claimed): Promise<boolean> {
  return target.side.remove(target.path, AbortSignal.timeout(DISCARD_MS)).then(
    () => true,
    () => false,
  );
}

/** What is under the final name goes only if it is surely not what was there before. */
async function discardInPlace(claimed: Claimed): Promise<boolean> {
  const { over } = claimed.record;
  const { side, path } = claimed.partial.target;
  const existing = await side.facts(path, AbortSignal.timeout(DISCARD_MS)).catch(() => undefined);
  const isOurs =
    existing?.kind === "file" &&
    (over === "nothing" || (typeof over === "number" && isOther(existing, over)));
  return isOurs && discard(claimed);
}

/** Nobody must take what is there for the file. */
function sayIncomplete(error: unknown): void {
  if (error instanceof Error && !error.message.endsWith(INCOMPLETE)) error.message += INCOMPLETE;
}

const INCOMPLETE = "; the file under the final name is incomplete until the copy is tried again";

function isOther({ sizeBytes }: FileFacts, than: number): boolean {
  return sizeBytes !== undefined && sizeBytes !== than;
}
