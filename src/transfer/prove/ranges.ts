import type { Begun } from "../ledger.ts";
import type { Ends } from "../move/relay.ts";
import { bytesIn, type RangeSet } from "../move/segments/ranges.ts";
import type { FileFacts } from "../sides/side.ts";
import { BLOCK, blocksEqual, changeOf, NO_TIME, restart, type ResumePolicy, type Start } from "./resume.ts";

/**
 * Which bytes of a partial file with holes are provably the source's: those that are recorded as written, where the source
 * is what it was, and the last block of each range is read back from both sides and is the same (not with `record`).
 * @param ends the source and the partial file
 * @returns without `written` where it is begun anew
 */
export async function provenRanges(
  ends: Ends,
  begun: Begun,
  written: RangeSet,
  policy: ResumePolicy,
  signal: AbortSignal,
): Promise<Start> {
  if (policy === "off") return restart("resuming is turned off (--no-resume)");
  if (policy === "digest") return restart("no digest tells of a partial file with holes");
  const { source, target } = ends;
  const now = await source.side.facts(source.path, signal);
  const partial = await target.side.facts(target.path, signal);
  const because = changeOf(begun, now) ?? obstacle(begun, written, partial);
  if (because !== undefined) return restart(because);
  if (policy === "readback") {
    for (const { from, to } of written) {
      const equal = await blocksEqual(ends, Math.max(from, to - BLOCK), to, signal);
      if (typeof equal === "string") return restart(`the partial file cannot be read back: ${equal}`);
      if (!equal) return restart(`the partial file differs from the source before byte ${to}`);
    }
  }
  const bytes = bytesIn(written);
  const proof =
    policy === "readback" ? "the last block of each range is equal" : "the ranges are recorded as written";
  return {
    from: bytes,
    written,
    because: `resumed with ${bytes} of ${begun.sizeBytes} bytes: ${proof}, the source's size and time have not changed since the copy started`,
  };
}

function obstacle(begun: Begun, written: RangeSet, partial: FileFacts | undefined): string | undefined {
  if (begun.modifiedMs === undefined) return NO_TIME;
  const end = written.at(-1)?.to;
  if (end === undefined) return "nothing of the partial file is recorded as written";
  if (partial?.kind !== "file" || partial.sizeBytes === undefined) return "there is no partial file";
  const { sizeBytes = 0 } = begun;
  if (end > sizeBytes || partial.sizeBytes > sizeBytes) return "the partial file is longer than the source";
  return partial.sizeBytes < end ? "the partial file is shorter than the length recorded for it" : undefined;
}
