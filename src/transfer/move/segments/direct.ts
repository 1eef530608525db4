import { ConnectionError, ReplyError } from "../../../ftp/errors.ts";
import { commonDigest } from "../../../ftp/session/digest.ts";
import { anySignal } from "../../../shared/any-signal.ts";
import { messageOf } from "../../../shared/errors.ts";
import { Condition } from "../../../shared/waiting/condition.ts";
import { OneConnectionError, TransferError } from "../../errors.ts";
import type { Segmented, Started } from "../../phases.ts";
import { BLOCK, blocksEqual, octetsAt } from "../../prove/resume.ts";
import { isServer } from "../../sides/side.ts";
import { moveBytes } from "../choose.ts";
import type { DataPath } from "../data-path.ts";
import type { Order } from "../order.ts";
import type { Ends } from "../relay.ts";
import type { Segment } from "./board.ts";
import { OneWriterError, secondWriterMs } from "./faults.ts";
import type { Filling } from "./fill.ts";
import { isWorseThanOne, type Throughput } from "./gain.ts";
import {
  LARGEST,
  measuredSince,
  mostOf,
  type OpenPiece,
  type Piece,
  RANGE_BYTES,
  rangeBytes,
  rateOf,
} from "./pieces.ts";
import { countUpToTwo } from "./trial.ts";
import type { SegmentPath } from "./way.ts";

/** How often it is looked whether ranges that still move have taken too long. Milliseconds. */
const LOOK_MS = 1_000;

/**
 * From server to server, range by range: RANG and RETR at the source (draft-bryan-ftp-range-08), REST and STOR at the target.
 * A range that has begun cannot be cut any more, so ranges are short, and whoever has ended one takes the next.
 */
export class DirectWay implements SegmentPath {
  readonly #started: Started;
  /** How many there will be; `auto`: that is seen by the rates of ranges. */
  readonly #connections: number | "auto";
  readonly #ranges = new Condition();
  /** Ranges that have ended while the rate is measured; undefined: it is not. */
  #pieces: Piece[] | undefined;
  /** Ranges that move now, by their connections. */
  readonly #open = new Map<object, OpenPiece>();
  #path: DataPath | undefined;
  #because = "";
  #writing = 0;
  #isSettled = false;
  /** What one connection moved before there were several. */
  readonly #aloneBytesPerSecond: number | undefined;
  /** What one connection moves, by what was seen last. */
  #bytesPerSecond: number | undefined;
  /** Whether ranges are as long as can be, because the source takes longer for them than for their bytes. */
  #areLong = false;

  constructor(started: Started, { connections, bytesPerSecond }: Segmented) {
    [this.#started, this.#connections] = [started, connections];
    [this.#aloneBytesPerSecond, this.#bytesPerSecond] = [bytesPerSecond, bytesPerSecond];
  }

  /** How bytes have come so far. */
  get path(): DataPath | undefined {
    return this.#path;
  }

  /** Why this way. */
  get because(): string {
    return this.#because;
  }

  requireParts = requireRange;

  take = (board: Parameters<SegmentPath["take"]>[0], atWork: number) => {
    if (this.#connections !== "auto") return board.takeRange(this.#connections, RANGE_BYTES);
    if (this.#areLong) return board.takeRange(atWork, Number.POSITIVE_INFINITY);
    const isLast = this.#isSettled && atWork === 1;
    return board.takeRange(atWork, isLast ? LARGEST : rangeBytes(this.#bytesPerSecond));
  };

  /** There will be no more connections: nothing is measured any more. */
  settled(): void {
    this.#isSettled = true;
  }

  /**
   * What connections move together by ranges that begin from now on. A source may take as long for a range as for all that is
   * behind its beginning; where that is seen, the end of such ranges is not waited for.
   */
  async measured(atWork: () => ReadonlySet<object>, until: AbortSignal): Promise<Throughput> {
    const { clock } = this.#started;
    const alone = this.#aloneBytesPerSecond;
    const sinceMs = clock.now();
    const pieces: Piece[] = [];
    this.#pieces = pieces;
    try {
      for (;;) {
        const measured = measuredSince(pieces, sinceMs, atWork());
        const most = measured ?? mostOf(this.#open, atWork(), clock.now());
        this.#areLong = most !== undefined && alone !== undefined && isWorseThanOne(most, alone);
        if (most !== undefined && (most === measured || this.#areLong)) return most;
        await this.#looked(until);
      }
    } finally {
      this.#pieces = undefined;
    }
  }

  /** Until a range has ended, or there are fewer connections, or some time has passed. */
  async #looked(until: AbortSignal): Promise<void> {
    const over = new AbortController();
    const signal = anySignal(until, over.signal);
    try {
      await Promise.race([this.#ranges.changed(signal), this.#started.clock.sleep(LOOK_MS, signal)]);
    } finally {
      over.abort();
    }
  }

  /** There are fewer connections than before. */
  ended(): void {
    this.#ranges.notify();
  }

  fill = async (segment: Segment, filling: Filling, signal: AbortSignal): Promise<void> => {
    await this.moveRange(segment, filling.ends, signal);
    if (!(await this.#isDigestCompared(signal))) await requireEnd(filling.ends, segment, signal);
    await this.#stored(segment, filling);
  };

  pass = async (segment: Segment, filling: Filling, signal: AbortSignal): Promise<Buffer> => {
    const { at: from, end } = segment;
    await this.#move(segment, filling.ends, signal);
    await this.#stored(segment, filling);
    const { side, path } = filling.ends.source;
    return octetsAt(side, path, from, end - from, signal);
  };

  async #stored(segment: Segment, { stored, seen }: Filling): Promise<void> {
    segment.at = segment.end;
    await stored(segment, segment.end);
    seen(Buffer.alloc(0), segment.end);
  }

  /** Moves the bytes of a range, and proves nothing. */
  async moveRange(segment: Segment, ends: Ends, signal: AbortSignal): Promise<Piece> {
    const { clock } = this.#started;
    const open: OpenPiece = { by: ends, bytes: segment.end - segment.at, fromMs: clock.now() };
    this.#open.set(ends, open);
    try {
      await this.#move(segment, ends, signal);
    } finally {
      this.#open.delete(ends);
    }
    const piece = { ...open, toMs: clock.now() };
    this.#moved(piece);
    return piece;
  }

  async #move(segment: Segment, ends: Ends, signal: AbortSignal): Promise<void> {
    const patience = new AbortController();
    const timer = this.#writing > 0 ? endUnlessBegun(ends.target, patience) : undefined;
    this.#writing += 1;
    try {
      const order = this.#orderOf(segment, ends, () => clearTimeout(timer));
      this.#because = (await moveBytes(order, anySignal(signal, patience.signal))).because;
    } catch (error) {
      forgetRange(ends.source);
      throw error;
    } finally {
      this.#writing -= 1;
      clearTimeout(timer);
    }
  }

  /** Whether digests of the whole file will tell of a range that did not come. */
  async #isDigestCompared(signal: AbortSignal): Promise<boolean> {
    const { policy, ends } = this.#started;
    if (policy.verify === "off") return true;
    if (policy.verify === "size") return false;
    const { source, target } = ends;
    return commonDigest(await source.side.digests(signal), await target.side.digests(signal)) !== undefined;
  }

  #moved(piece: Piece): void {
    this.#pieces?.push(piece);
    this.#bytesPerSecond = rateOf(piece) ?? this.#bytesPerSecond;
    this.#ranges.notify();
  }

  #orderOf({ at, end }: Segment, ends: Ends, onBegun: () => void): Order {
    const { policy, route, clock, turn, paths, onMethod, rate } = this.#started;
    return {
      ...{ ends, from: at, end, sizeBytes: end, fxp: policy.fxp, route, clock, rate, onBegun },
      ...{ wantsDigest: "no", isVerified: false, isText: false, isRelayPrepared: false, look: undefined },
      // The lane's turn is ours already.
      turn: { choice: turn.choice, begin: async () => {}, end: () => {} },
      hasNext: () => false,
      ask: () => {},
      forget: () => {},
      progress: () => {},
      onPath: (path) => {
        // All of the file was private, or it was not.
        const isPrivate = path.protected === true && (this.#path?.protected ?? true);
        this.#path = { ...path, protected: isPrivate };
        paths.note(this.#path);
      },
      onMethod: (method) => onMethod?.(method),
    };
  }
}

/** Some servers let one connection write a file at a time, and say nothing to the others. */
function endUnlessBegun({ side }: Ends["target"], patience: AbortController): NodeJS.Timeout | undefined {
  if (!isServer(side)) return undefined;
  return setTimeout(() => patience.abort(new OneWriterError(side.name)), secondWriterMs(side));
}

/** A range whose RETR has failed may still count for the next one, which is to have the whole file. */
function forgetRange({ side }: Ends["source"]): void {
  if (isServer(side)) side.connected?.destroy(new ConnectionError(`${side.name}: a range may still count`));
}

/**
 * Within a file that has its length already, a size does not tell that a source has sent less than a range and said 226.
 * @throws TransferError where the target does not have the range's last block
 */
async function requireEnd(ends: Ends, { at, end }: Segment, signal: AbortSignal): Promise<void> {
  const equal = await blocksEqual(ends, Math.max(at, end - BLOCK), end, signal);
  if (equal === true) return;
  const { side, path } = ends.target;
  const because = equal === false ? "differ from the source" : `cannot be read back: ${equal}`;
  throw new TransferError(`${side.name}: ${path}: the bytes before byte ${end} ${because}`, "new-connection");
}

/** The last byte but one, alone: whoever ignores a range's end, or its beginning, sends more. */
async function requireRange(
  { side, path }: Ends["source"],
  sizeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  if (!isServer(side)) throw new TypeError("expected an FTP server");
  const client = await side.client(signal);
  let came: number;
  try {
    const range = { from: sizeBytes - 2, to: sizeBytes - 1 };
    const command = { verb: "RETR", argument: client.absolute(path) };
    await using transfer = await client.open(command, range, signal);
    came = await countUpToTwo(await transfer.stream(signal));
    if (came === 1) await transfer.finish(client.host.timeouts.stallMs, signal);
  } catch (error) {
    forgetRange({ side, path });
    throw error instanceof ReplyError ? new OneConnectionError(messageOf(error), error) : error;
  }
  if (came === 1) return;
  forgetRange({ side, path });
  throw new OneConnectionError(`${side.name} does not send the range that was requested with RANG`);
}
