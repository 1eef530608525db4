import type { Ends } from "../relay.ts";
import type { Segment, SegmentBoard } from "./board.ts";
import { type Filling, fill } from "./fill.ts";
import { requireRestart } from "./trial.ts";

/** How the bytes of segments come from the source to the target. */
export interface SegmentPath {
  /**
   * Whether this connection of a source begins where it is asked to, and ends there where that matters.
   * @throws OneConnectionError where it does not
   */
  requireParts(source: Ends["source"], sizeBytes: number, signal: AbortSignal): Promise<void>;
  /** The next segment for a connection; `atWork`: how many there are. */
  take(board: SegmentBoard, atWork: number): Segment | undefined;
  fill(segment: Segment, filling: Filling, signal: AbortSignal): Promise<void>;
  /** The same, and gives what the source has there. */
  pass(segment: Segment, filling: Filling, signal: AbortSignal): Promise<Buffer>;
}

/** Through this process. */
export const RELAYED: SegmentPath = {
  requireParts: requireRestart,
  take: (board) => board.take(),
  fill,
  async pass(segment, filling, signal) {
    const octets: Buffer[] = [];
    const seen = (chunk: Buffer, at: number) => {
      octets.push(Buffer.from(chunk));
      filling.seen(chunk, at);
    };
    await fill(segment, { ...filling, seen }, signal);
    return Buffer.concat(octets);
  },
};
