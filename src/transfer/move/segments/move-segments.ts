import { anySignal } from "../../../shared/any-signal.ts";
import { isCancellation, messageOf } from "../../../shared/errors.ts";
import { retryOfError } from "../../errors.ts";
import type { Segmented, Started } from "../../phases.ts";
import { isServer } from "../../sides/side.ts";
import { type DataPath, protectionBetween } from "../data-path.ts";
import type { MoveResult } from "../order.ts";
import type { Ends } from "../relay.ts";
import { addWhatHelps, measuringBytes, rememberedOf } from "./add-what-helps.ts";
import { SegmentBoard, type Segment, SMALLEST } from "./board.ts";
import { asOneConnection, isFatal, isFatalElsewhere } from "./faults.ts";
import { DirectWay } from "./direct.ts";
import type { Filling } from "./fill.ts";
import { bytesIn } from "./ranges.ts";
import { requireLength, requirePlacedWriting } from "./trial.ts";
import { RELAYED, type SegmentPath } from "./way.ts";
import { Writers } from "./writers.ts";

/** How often in a row a segment may fail without a byte before its connection is given up. */
const TRIES = 2;

/**
 * Moves what is missing of a file, through this process or past it, on several connections that each write in a place of
 * their own.
 * What they have stored is recorded before anybody relies on it.
 * @throws OneConnectionError where the servers cannot do that; else what the last connection that was left said
 */
export async function moveInSegments(
  started: Started,
  segments: Segmented,
  signal: AbortSignal,
): Promise<MoveResult> {
  await started.turn.begin(true);
  await Promise.all([started.ends.source, started.ends.target].map(({ side }) => side.ready(signal)));
  const direct = segments.isDirect === true ? new DirectWay(started, segments) : undefined;
  return new SegmentedMove(started, segments, direct, signal).move();
}

/** Why a connection is given up that is in order. */
const DROPPED = new Error("the connection adds nothing");

class SegmentedMove {
  readonly #started: Started;
  readonly #segments: Segmented;
  readonly #direct: DirectWay | undefined;
  readonly #way: SegmentPath;
  readonly #sizeBytes: number;
  readonly #board: SegmentBoard;
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  readonly #workers: Promise<void>[] = [];
  readonly #writers: Writers;
  /** The most that were at work at once. */
  #most = 0;
  readonly #atWork = new Set<Ends>();
  /** Why there are fewer than there should be. */
  readonly #fewer = new Set<string>();
  /** Why the first connection has ended. */
  #fault: unknown;
  /** Whether the file at the target reaches to its end, and everything else is written in between. */
  #isExtended: boolean;
  #isRecorded = true;

  /** @param direct where the file goes from server to server */
  constructor(started: Started, segments: Segmented, direct: DirectWay | undefined, signal: AbortSignal) {
    const { record, start } = started;
    const { sizeBytes } = record;
    if (sizeBytes === undefined) throw new RangeError("expected a file whose size is known");
    this.#started = started;
    this.#segments = segments;
    this.#direct = direct;
    this.#way = direct ?? RELAYED;
    this.#sizeBytes = sizeBytes;
    const written = start.written ?? [];
    // Where whole ranges are taken, nothing is planned.
    const planned = segments.connections === "auto" || direct !== undefined ? 1 : segments.connections;
    this.#board = new SegmentBoard(sizeBytes, written, planned);
    this.#isExtended = written.at(-1)?.to === sizeBytes;
    this.#signal = anySignal(signal, this.#end.signal);
    this.#writers = new Writers(this.#signal);
  }

  async move(): Promise<MoveResult> {
    const { paths, partial, onMethod } = this.#started;
    const path: DataPath = { by: "relay", method: null, protected: protectionBetween(partial) };
    if (this.#direct === undefined) {
      paths.note(path);
      onMethod?.({ by: "relay", method: null });
    }
    await this.#prepare(partial).catch((error: unknown) => {
      throw asOneConnection(error);
    });
    this.#begin(partial);
    const { connections } = this.#segments;
    if (connections === "auto") await this.#addWhatHelps();
    else
      for (let more = connections - 1; more > 0 && this.#board.hasWork; more -= 1)
        if (!(await this.#add())) break;
    await this.#settled();
    this.#started.claim.requireHeld?.();
    this.#requireMoved();
    const limitedBy = this.#direct === undefined ? "pacing" : "admission";
    const isLimited = this.#started.rate?.current() !== undefined;
    return {
      ...(this.#direct?.path ?? path),
      because: this.#because(),
      ...(isLimited ? { limitedBy } : {}),
    };
  }

  /** Why this way, and on how many connections. */
  #because(): string {
    const { partial, relayed, policy } = this.#started;
    const isHere = !isServer(partial.source.side) || !isServer(partial.target.side);
    const reasons = [
      this.#direct?.because ??
        (isHere
          ? "one side is this machine"
          : (relayed?.because ??
            (policy.fxp === "never" ? "third-party transfers are turned off (--fxp never)" : ""))),
      this.#most === 1 ? "on one connection" : `on ${this.#most} connections at once`,
      ...this.#fewer,
    ];
    return reasons.filter((one) => one !== "").join("; ");
  }

  /** What a connection has given up when no other was at work any more is done by the first one. */
  async #settled(): Promise<void> {
    for (let written = -1; ; ) {
      for (let seen = -1; seen < this.#workers.length; ) {
        seen = this.#workers.length;
        await Promise.all(this.#workers);
      }
      const now = bytesIn(this.#board.written);
      const isOver = this.#board.isComplete || this.#signal.aborted || now === written;
      if (isOver || (this.#fault !== undefined && retryOfError(this.#fault) === "never")) return;
      written = now;
      this.#begin(this.#started.partial);
    }
  }

  /** @throws why not all bytes have come */
  #requireMoved(): void {
    if (this.#board.isComplete && !this.#signal.aborted) return;
    this.#signal.throwIfAborted();
    throw this.#fault instanceof Error ? this.#fault : new Error("expected the whole file");
  }

  /** The file is there, and both sides are known to begin where they are asked to. */
  async #prepare(ends: Ends): Promise<void> {
    await this.#way.requireParts(ends.source, this.#sizeBytes, this.#signal);
    const { side, path } = ends.target;
    if (isServer(side)) {
      const isPrefix = this.#board.written.length <= 1;
      const missing = this.#sizeBytes - bytesIn(this.#board.written);
      if (this.#isExtended || (isPrefix && missing < 2 * SMALLEST)) return;
      this.#isRecorded = false;
      const pass = (segment: Segment) => this.#way.pass(segment, this.#filling(ends), this.#signal);
      const trial = { ends, sizeBytes: this.#sizeBytes, board: this.#board, pass };
      await requirePlacedWriting(trial, this.#signal);
      this.#isRecorded = true;
      this.#isExtended = true;
      await this.#record();
    } else if (this.#board.written.length === 0) {
      await using writing = await side.write(path, 0, this.#signal);
      await writing.store?.();
    }
  }

  #filling(ends: Ends): Filling {
    const { rate, progress, start } = this.#started;
    return {
      ends,
      sizeBytes: this.#sizeBytes,
      rate,
      open: (at) => this.#writers.open(ends.target, at),
      seen: () => progress?.(this.#board.arrivedBytes, start.from),
      stored: async (segment, to) => {
        if (this.#isExtended && isServer(ends.target.side))
          await requireLength(ends.target, this.#sizeBytes, this.#signal);
        this.#board.proven(segment, to);
        await this.#record();
      },
    };
  }

  async #record(): Promise<void> {
    const { claim, record } = this.#started;
    if (this.#isRecorded) await claim.begin({ ...record, written: this.#board.written });
  }

  /** Lets a connection work until nothing is left for it, or it is dropped. */
  #begin(ends: Ends, dropped?: AbortSignal, isOver: () => Promise<void> = async () => {}): void {
    this.#atWork.add(ends);
    this.#most = Math.max(this.#most, this.#atWork.size);
    const work = async () => {
      try {
        await this.#work(ends, dropped);
      } catch (error) {
        const isFirst = ends === this.#started.partial;
        this.#failed(error, isFirst ? isFatal : isFatalElsewhere);
        if (isFirst) this.#fault = error;
      } finally {
        this.#atWork.delete(ends);
        this.#direct?.ended();
        await isOver().catch(() => {});
      }
    };
    this.#workers.push(work());
  }

  async #work(ends: Ends, dropped: AbortSignal | undefined): Promise<void> {
    let tries = 0;
    // A range that goes from server to server cannot be cut: it is ended first.
    const mayBeCut = this.#direct === undefined && dropped !== undefined;
    const signal = mayBeCut ? anySignal(this.#signal, dropped) : this.#signal;
    const next = () =>
      dropped?.aborted === true ? undefined : this.#way.take(this.#board, this.#atWork.size);
    for (let segment = next(); segment !== undefined; segment = next()) {
      const began = segment.at;
      try {
        await this.#way.fill(segment, this.#filling(ends), signal);
        tries = 0;
      } catch (error) {
        tries = segment.at > began ? 1 : tries + 1;
        if (signal.aborted || isFatal(error) || tries >= TRIES || retryOfError(error) === "never")
          throw error;
      } finally {
        this.#board.giveBack(segment);
      }
    }
  }

  /** A connection has failed; the others go on, unless it is the file that has. */
  #failed(error: unknown, isFatalHere: (error: unknown) => boolean): void {
    if (error === DROPPED || this.#signal.aborted) return;
    this.#fewer.add(messageOf(error));
    if (isFatalHere(error)) this.#end.abort(asOneConnection(error));
  }

  /** @returns the end of one more connection; undefined where there is none */
  async #add(): Promise<{ readonly drop: () => void } | undefined> {
    const { extra, ends, partial } = this.#started;
    const sides = await this.#another();
    if (sides === undefined) {
      if (extra === undefined) this.#fewer.add("there are no other connections");
      return undefined;
    }
    const mine: Ends = {
      source: { side: sides.source, path: ends.source.path },
      target: { side: sides.target, path: partial.target.path },
    };
    const dropping = new AbortController();
    const release = async () => void (await sides[Symbol.asyncDispose]());
    try {
      if (protectionBetween(partial) === true && protectionBetween(mine) !== true)
        throw new Error("another connection is not private");
      await this.#way.requireParts(mine.source, this.#sizeBytes, this.#signal);
    } catch (error) {
      await release().catch(() => {});
      // The first one does all that is needed.
      this.#failed(error, () => false);
      return undefined;
    }
    this.#begin(mine, dropping.signal, release);
    return { drop: () => dropping.abort(DROPPED) };
  }

  async #another() {
    try {
      const sides = await this.#started.extra?.(this.#signal);
      if (sides === undefined) this.#fewer.add("no other connection is free (limits.connections)");
      return sides;
    } catch (error) {
      if (!isCancellation(error)) this.#fewer.add(messageOf(error));
      return undefined;
    }
  }

  async #addWhatHelps(): Promise<void> {
    const over = new AbortController();
    void Promise.all(this.#workers).then(() => over.abort());
    const until = anySignal(this.#signal, over.signal);
    const direct = this.#direct;
    const measured =
      direct === undefined
        ? measuringBytes({
            clock: this.#started.clock,
            count: () => this.#atWork.size,
            arrivedBytes: () => this.#board.arrivedBytes,
          })
        : (end: AbortSignal) => direct.measured(() => this.#atWork, end);
    const leftBytes = () => this.#sizeBytes - this.#board.arrivedBytes;
    const remembered = rememberedOf(this.#started, direct === undefined ? "relayed" : "direct");
    const connections = { measured, leftBytes, add: () => this.#add() };
    const because = await addWhatHelps(connections, this.#segments.bytesPerSecond, until, remembered);
    direct?.settled();
    if (because !== undefined) this.#fewer.add(because);
  }
}
