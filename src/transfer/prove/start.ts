import type { Claimed } from "../phases.ts";
import { ReplyError } from "../../ftp/errors.ts";
import type { Begun } from "../ledger.ts";
import { provenRanges } from "./ranges.ts";
import { provenStart, type Start } from "./resume.ts";

/** Where the file is to be written from: behind what an earlier try left where that is proven, else from its start. */
export async function start(claimed: Claimed, signal: AbortSignal): Promise<Start> {
  const { claim, record, inPlace } = claimed;
  // From here on the final name is written.
  if (inPlace !== undefined) claim.requireHeld?.();
  if (claimed.segments !== undefined) return startInSegments(claimed, signal);
  if (claim.begun === undefined) {
    // Something may be there all the same, of which no record is left.
    if (claim.mayHaveLeft) await beginAnew(claimed, signal);
    return FROM_THE_START;
  }
  const proven =
    claim.begun.source === record.source ? await startWhere(claimed, claim.begun, signal) : OTHER_SOURCE;
  if (proven.from === 0) await beginAnew(claimed, signal);
  return proven;
}

const FROM_THE_START: Start = { from: 0 };
const OTHER_SOURCE: Start = {
  from: 0,
  because: "from the start: the partial file belongs to another source",
};

/**
 * Where a file that several connections write has something already. What is recorded from now on are ranges, so that
 * nobody takes its length for what it has.
 */
async function startInSegments(claimed: Claimed, signal: AbortSignal): Promise<Start> {
  const { claim, partial, policy, record, leftBefore } = claimed;
  const { begun } = claim;
  const isOther = begun !== undefined && begun.source !== record.source;
  if (begun?.written !== undefined && !isOther) {
    const proven = await provenRanges(partial, begun, begun.written, policy.resume, signal);
    if (proven.written !== undefined) return proven;
    await beginAnew(claimed, signal);
    return proven;
  }
  const { side } = partial.target;
  const adopted =
    begun !== undefined && !isOther && leftBefore !== undefined
      ? await provenStart({ ...partial, target: { side, path: leftBefore } }, begun, policy.resume, signal)
      : undefined;
  if (adopted === undefined || adopted.from === 0 || leftBefore === undefined) {
    await beginAnew(claimed, signal);
    return adopted ?? (isOther ? OTHER_SOURCE : FROM_THE_START);
  }
  // One that was begun by one connection has no holes. First its name says that it may have some, then the record.
  await side.remove(partial.target.path, signal);
  await side.move(leftBefore, partial.target.path, signal);
  const written = [{ from: 0, to: adopted.from }];
  await claim.begin({ ...record, written });
  const { observed } = claimed;
  if (observed === undefined || adopted.from === record.sizeBytes) return { ...adopted, written };
  // The same call has brought them.
  const because = `the first ${adopted.from} bytes on one connection`;
  return { from: Math.min(observed.from, adopted.from), written, because };
}

/** @param begun what an earlier try recorded of the same source */
async function startWhere(
  { partial, policy, record, inPlace }: Claimed,
  begun: Begun,
  signal: AbortSignal,
): Promise<Start> {
  if (begun.written !== undefined)
    return { from: 0, because: "from the start: several connections wrote the partial file" };
  if (inPlace === undefined && begun.over === undefined)
    return provenStart(partial, begun, policy.resume, signal);
  // A file under a temporary name is no beginning of one under the final name.
  if (inPlace === undefined || begun.over === undefined) return FROM_THE_START;
  if (begun.over === "unknown" || (begun.over === record.over && begun.over !== "nothing"))
    return { from: 0, because: "from the start: nothing shows that the file there is not the old one" };
  return provenStart(partial, begun, policy.resume === "record" ? "readback" : policy.resume, signal);
}

/** A server may still be writing what was begun before; it goes on writing into a file that has no name. */
export async function beginAnew(
  { claim, record, partial, paths, inPlace, temporary, segments, leftBefore }: Claimed,
  signal: AbortSignal,
): Promise<void> {
  // What is under the final name stays until there is something in its place.
  if (inPlace === undefined) await partial.target.side.remove(temporary, signal);
  // Of no use to anybody; a server that refuses to rename may refuse to delete as well.
  else if (claim.begun?.over === undefined)
    await partial.target.side.remove(temporary, signal).catch(unlessLost);
  if (leftBefore !== undefined) await partial.target.side.remove(leftBefore, signal).catch(unlessLost);
  paths.startAnew();
  await claim.begin(segments === undefined ? record : { ...record, written: [] });
}

function unlessLost(error: unknown): void {
  if (!(error instanceof ReplyError)) throw error;
}
