import { commonDigest } from "../../ftp/session/digest.ts";
import { NoDataConnectionError } from "../../ftp/errors.ts";
import { waysOf } from "../../ftp/ways.ts";
import { AppError, messageOf } from "../../shared/errors.ts";
import { NoRestartError } from "../errors.ts";
import type { Begun } from "../ledger.ts";
import type { Ends } from "../move/relay.ts";
import type { RangeSet } from "../move/segments/ranges.ts";
import { type FileFacts, isServer, type Side } from "../sides/side.ts";

/**
 * What has to agree before a partial file is resumed, beside what was recorded when it was begun.
 * `readback`: a digest of what is there where both sides have one, or else its last block, read from both sides;
 * `record`: the digest, or else nothing more; `digest`: that or a new start; `off`: every file from its start.
 */
export type ResumePolicy = "record" | "readback" | "digest" | "off";

/** Where a transfer begins, and why there where something was there already. */
export interface Start {
  /** Bytes that are at the target already. */
  readonly from: number;
  readonly because?: string;
  /** Which ones, where several connections write the file; absent: the first ones. */
  readonly written?: RangeSet;
}

/** A partial file shorter than this is not worth the questions. */
export const WORTH_RESUMING = 65_536;
/** Bytes of the last block that is read back. */
export const BLOCK = 65_536;

/**
 * How far the bytes at the target are provably those that the source begins with.
 * @param ends the source and the partial file
 */
export async function provenStart(
  ends: Ends,
  begun: Begun,
  policy: ResumePolicy,
  signal: AbortSignal,
): Promise<Start> {
  if (policy === "off") return restart("resuming is turned off (--no-resume)");
  const { source, target } = ends;
  const loses = losesBefore(target);
  if (loses !== undefined) return restart(`the target does not resume: ${loses}`);
  const [now, partial] = [
    await source.side.facts(source.path, signal),
    await target.side.facts(target.path, signal),
  ];
  const judged = judgeRecord(begun, now, partial);
  if (judged.from === 0 || now?.sizeBytes === undefined) return judged;
  const { from } = judged;
  const digests = await digestsEqual(ends, from, signal);
  if (digests.verdict === "equal") {
    return { from, because: `resumed at ${from}: ${digests.algorithm} is equal up to there` };
  }
  if (digests.verdict === "different") {
    return restart(`the partial file's ${digests.algorithm} differs from the source's`);
  }
  if (policy === "digest") return restart(digests.because);
  // Without a time nothing but all of its bytes could prove that it is the same file.
  if (begun.modifiedMs === undefined) return restart(NO_TIME);
  if (policy === "readback") {
    const equal = await blocksEqual(ends, Math.max(0, from - BLOCK), from, signal);
    if (typeof equal === "string")
      return restart(`the last block of the partial file cannot be read back: ${equal}`);
    if (!equal) return restart("the last block of the partial file differs from the source");
    return { from, because: `resumed at ${from}: the last block is equal, ${judged.because}` };
  }
  return { from, because: `resumed at ${from}: ${judged.because}` };
}

/** Why the source is not surely what it was; undefined where it is. */
export function changeOf(begun: Begun, now: FileFacts | undefined): string | undefined {
  if (now?.kind !== "file") return "the source no longer exists";
  if (begun.sizeBytes === undefined || now.sizeBytes === undefined) return "the source reports no size";
  if (begun.sizeBytes !== now.sizeBytes)
    return `the source had ${begun.sizeBytes} bytes when the copy started, and now has ${now.sizeBytes}`;
  return begun.modifiedMs === now.modified?.atMs
    ? undefined
    : "the source has changed since the copy started";
}

/**
 * Why a file that was gone on with is not what it was before the offset: some servers answer 350 to REST, and write the
 * rest into a new file, so that it has the right length. Of the servers that we know, none does. Undefined where all is
 * well, or the server lets nobody see it.
 */
export async function lostBefore(ends: Ends, from: number, signal: AbortSignal): Promise<string | undefined> {
  const { side } = ends.target;
  if (from === 0 || !isServer(side) || side.family !== undefined) return undefined;
  const { verdict } = await digestsEqual(ends, from, signal);
  const isKept =
    verdict === "unknown"
      ? await blocksEqual(ends, Math.max(0, from - BLOCK), from, signal)
      : verdict === "equal";
  if (isKept !== false) return undefined;
  const because = `after REST ${from} the server stored a file that does not begin with the bytes that were there before`;
  waysOf(side.host).learn("restart-destroys", because);
  return `${side.name}: ${because}`;
}

/** Whether the server at the target was seen to do that. */
export function losesBefore({ side }: Ends["target"]): string | undefined {
  return isServer(side) ? waysOf(side.host).why("restart-destroys") : undefined;
}

/** Whether what was recorded still holds, and how long the partial file is. */
function judgeRecord(begun: Begun, now: FileFacts | undefined, partial: FileFacts | undefined): Start {
  const change = changeOf(begun, now);
  if (change !== undefined || now?.sizeBytes === undefined)
    return restart(change ?? "the source reports no size");
  if (partial?.kind !== "file" || partial.sizeBytes === undefined) return restart("there is no partial file");
  if (partial.sizeBytes > now.sizeBytes) return restart("the partial file is longer than the source");
  if (partial.sizeBytes < WORTH_RESUMING && partial.sizeBytes < now.sizeBytes) {
    return restart("the partial file is too small to be worth resuming");
  }
  return {
    from: partial.sizeBytes,
    because: "the source's size and time have not changed since the copy started",
  };
}

export const NO_TIME = "the source reports no modification time, so it cannot be recognized as the same file";

export function restart(because: string): Start {
  return { from: 0, because: `from the start: ${because}` };
}

type Compared =
  | { readonly verdict: "equal"; readonly algorithm: string }
  | { readonly verdict: "different"; readonly algorithm: string }
  | { readonly verdict: "unknown"; readonly because: string };

/** Digests of what is there; a side that will not tell one, though it offers it, leaves that open. */
async function digestsEqual({ source, target }: Ends, from: number, signal: AbortSignal): Promise<Compared> {
  const offers = [await source.side.digests(signal), await target.side.digests(signal)] as const;
  const algorithm = commonDigest(...offers, { ranges: true });
  if (algorithm === undefined) {
    return { verdict: "unknown", because: "the two sides have no digest of file ranges in common" };
  }
  const extent = { sizeBytes: from, length: from };
  try {
    const [there, here] = await Promise.all([
      source.side.digest(source.path, algorithm, extent, signal),
      target.side.digest(target.path, algorithm, extent, signal),
    ]);
    return { verdict: there === here ? "equal" : "different", algorithm };
  } catch (error) {
    signal.throwIfAborted();
    return { verdict: "unknown", because: `${algorithm} not available: ${messageOf(error)}` };
  }
}

/**
 * Whether a block of the partial file is what the source has in that place; why that cannot be known, where a
 * side lets nobody read it. What may pass is thrown: a later try can know.
 */
export async function blocksEqual(
  { source, target }: Ends,
  begins: number,
  ends: number,
  signal: AbortSignal,
): Promise<boolean | string> {
  const length = ends - begins;
  try {
    const there = await octetsAt(source.side, source.path, begins, length, signal);
    const here = await octetsAt(target.side, target.path, begins, length, signal);
    return there.length === length && there.equals(here);
  } catch (error) {
    signal.throwIfAborted();
    const isForGood = error instanceof AppError && error.retry === "never";
    if (isForGood || error instanceof NoDataConnectionError || error instanceof NoRestartError)
      return messageOf(error);
    throw error;
  }
}

export async function octetsAt(
  side: Side,
  path: string,
  begins: number,
  length: number,
  signal: AbortSignal,
): Promise<Buffer> {
  await using reading = await side.read(path, begins, signal);
  const chunks: Buffer[] = [];
  let had = 0;
  for await (const chunk of reading.stream) {
    chunks.push(chunk as Buffer);
    had += (chunk as Buffer).length;
    if (had >= length) break;
  }
  return Buffer.concat(chunks).subarray(0, length);
}
