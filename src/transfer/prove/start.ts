import type { Claimed, Started } from "../phases.ts";
import { provenStart, type Start } from "./resume.ts";

/** Where the file is to be written from: behind what an earlier try left where that is proven, else from its start. */
export async function start(claimed: Claimed, signal: AbortSignal): Promise<Started> {
  const { claim } = claimed;
  const isFirst = claim.begun === undefined && !claim.mayHaveLeft;
  return { ...claimed, start: isFirst ? FROM_THE_START : await startOf(claimed, signal) };
}

/** Nobody has begun it before. */
const FROM_THE_START: Start = { from: 0 };

async function startOf(claimed: Claimed, signal: AbortSignal): Promise<Start> {
  const { claim, record, partial, policy } = claimed;
  if (claim.begun === undefined) {
    // Something may be there all the same, of which no record is left.
    await beginAnew(claimed, signal);
    return FROM_THE_START;
  }
  const proven =
    claim.begun.source === record.source
      ? await provenStart(partial, claim.begun, policy.resume, signal)
      : { from: 0, because: "from the start: the partial file belongs to another source" };
  if (proven.from === 0) await beginAnew(claimed, signal);
  return proven;
}

/** A server may still be writing what was begun before; it goes on writing into a file that has no name. */
export async function beginAnew(
  { claim, record, partial, paths }: Claimed,
  signal: AbortSignal,
): Promise<void> {
  await partial.target.side.remove(partial.target.path, signal);
  paths.startAnew();
  await claim.begin(record);
}
