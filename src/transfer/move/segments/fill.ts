import { addAbortSignal, type Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { pour } from "../../../ftp/connection/data/pour.ts";
import { isTransferAborted } from "../../../ftp/errors.ts";
import { OneConnectionError, TransferError, VerificationError } from "../../errors.ts";
import { paced, type RateLimit } from "../../rate-limit.ts";
import type { Writing } from "../../sides/side.ts";
import type { Ends } from "../relay.ts";
import type { Segment } from "./board.ts";

/** Bytes that a server stores with one command: what is lost of a segment whose connection breaks. */
const PIECE = 32 * 2 ** 20;
/** Bytes after which what this machine has stored is brought to the disk and recorded. */
const STORED_AFTER = 16 * 2 ** 20;
/** Bytes that wait to be written. */
const AHEAD = 2 ** 20;

/** What filling a segment needs. */
export interface Filling {
  /** The source, and the partial file. */
  readonly ends: Ends;
  readonly sizeBytes: number;
  readonly rate: RateLimit | undefined;
  /** Begins to write into the partial file. */
  readonly open: (at: number) => Promise<Writing>;
  /** Bytes have come; `at`: where the first one goes. */
  readonly seen: (chunk: Buffer, at: number) => void;
  /** All bytes of the segment before `to` are stored for good, and may be recorded. */
  readonly stored: (segment: Segment, to: number) => Promise<void>;
}

/**
 * Moves the bytes of a segment, up to where it ends by then.
 * @throws what the side that failed said; `stored` is called for what is stored by then all the same
 */
export async function fill(segment: Segment, filling: Filling, signal: AbortSignal): Promise<void> {
  const { side, path } = filling.ends.source;
  await using reading = await side.read(path, segment.at, signal);
  await using writer = new SegmentWriter(segment, filling, signal);
  const { stream } = reading;
  stream.on("error", () => {});
  addAbortSignal(signal, stream);
  try {
    await passOn(stream, writer, filling, signal);
    await writer.end();
  } catch (error) {
    await writer.save().catch(() => {});
    throw signal.aborted ? signal.reason : error;
  }
  // Whoever has the last bytes has read to the end of the file.
  if (segment.at === filling.sizeBytes) await reading.finish(signal).catch(ignore426);
  if (segment.at === segment.end) return;
  await reading.finish(signal);
  const where = `ended at byte ${segment.at}, before byte ${segment.end}`;
  throw new TransferError(`${side.name}: ${path}: the data connection ${where}`, "new-connection");
}

/** Why a stream is left that has brought all that was wanted of it. */
const ALL_TAKEN = new Error("the segment has all its bytes");

/** The connection is read on while what came before is written. */
async function passOn(
  stream: Readable,
  writer: SegmentWriter,
  { ends: { source }, sizeBytes, rate }: Filling,
  signal: AbortSignal,
): Promise<void> {
  const take = async (chunk: Buffer) => {
    const left = await writer.take(chunk);
    if (left > 0 && writer.at === sizeBytes)
      throw new VerificationError(
        `${source.side.name}: ${source.path}: the source sends more than the ${sizeBytes} bytes that it announced`,
      );
    if (writer.isFull && writer.at < sizeBytes) throw ALL_TAKEN;
  };
  let taking: Promise<void> = Promise.resolve();
  const into = new Writable({
    highWaterMark: AHEAD,
    write(chunk: Buffer, _encoding, done) {
      taking = take(chunk).then(() => done(), done);
    },
  });
  into.on("error", () => {});
  const pace = rate && ((from: AsyncIterable<Buffer>) => paced(from, rate, signal));
  try {
    await pour(stream, into, () => {}, signal, pace);
  } catch (error) {
    // What is still being written is part of what was taken.
    await taking;
    if (error !== ALL_TAKEN) throw error;
  }
}

/** Ignores a 426 to bytes that have all come. */
function ignore426(error: unknown): void {
  if (!isTransferAborted(error)) throw error;
}

/** Writes a segment into the partial file: on a server by one command after the other, here by one open file. */
class SegmentWriter implements AsyncDisposable {
  readonly #segment: Segment;
  readonly #filling: Filling;
  readonly #signal: AbortSignal;
  #writing: Writing | undefined;
  #pieceEnd = 0;
  /** What the stream has taken. */
  #taken: number;
  /** What was taken before is being brought to the disk, while more is taken. */
  #saving: Promise<void> | undefined;
  /** Up to where it was brought there, or is now. */
  #saveFrom: number;

  constructor(segment: Segment, filling: Filling, signal: AbortSignal) {
    this.#segment = segment;
    this.#filling = filling;
    this.#signal = signal;
    this.#taken = segment.at;
    this.#saveFrom = segment.at;
  }

  get at(): number {
    return this.#segment.at;
  }

  get isFull(): boolean {
    return this.#segment.at >= this.#segment.end;
  }

  /** @returns how many of these bytes come behind the segment's end */
  async take(chunk: Buffer): Promise<number> {
    const segment = this.#segment;
    let rest = chunk;
    while (rest.length > 0 && !this.isFull) {
      const writing = this.#writing ?? (await this.#open());
      const room = Math.min(segment.end, this.#pieceEnd) - segment.at;
      const piece = rest.subarray(0, room);
      const { at } = segment;
      segment.at += piece.length;
      this.#filling.seen(piece, at);
      await written(writing.stream, piece);
      this.#taken = segment.at;
      rest = rest.subarray(piece.length);
      if (segment.at >= this.#pieceEnd || this.isFull) await this.end();
      else if (writing.store !== undefined) await this.#saveWhenDue();
    }
    return rest.length;
  }

  /** All that was taken is stored. */
  async end(): Promise<void> {
    const writing = this.#writing;
    if (writing === undefined) return;
    await this.#saved();
    const { stream } = writing;
    stream.end();
    await finished(stream, { readable: false, signal: this.#signal });
    await writing.finish(this.#signal).catch(notWritten);
    this.#writing = undefined;
    await writing[Symbol.asyncDispose]();
    await this.#filling.stored(this.#segment, this.#taken);
  }

  /** What was taken by now is stored, where that can be known before the end. */
  async save(): Promise<void> {
    await this.#saved();
    await this.#store();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#saved().catch(() => {});
    await this.#writing?.[Symbol.asyncDispose]();
  }

  /** Does not wait for the disk, unless that is still busy with what was to be stored before. */
  async #saveWhenDue(): Promise<void> {
    if (this.#taken - this.#saveFrom < STORED_AFTER) return;
    await this.#saved();
    this.#saveFrom = this.#taken;
    this.#saving = this.#store();
    this.#saving.catch(() => {});
  }

  /** @throws what the disk said */
  async #saved(): Promise<void> {
    const saving = this.#saving;
    this.#saving = undefined;
    await saving;
  }

  /** Brings what was taken by now to the disk; what is taken meanwhile is not part of it. */
  async #store(): Promise<void> {
    const to = this.#taken;
    if (this.#writing?.store === undefined || to <= this.#segment.provenTo) return;
    await this.#writing.store();
    await this.#filling.stored(this.#segment, to);
  }

  async #open(): Promise<Writing> {
    const { at } = this.#segment;
    const writing = await this.#filling.open(at);
    this.#writing = writing;
    writing.stream.on("error", () => {});
    // What this machine has taken is still to be brought to the disk when nobody wants more.
    if (writing.store === undefined) addAbortSignal(this.#signal, writing.stream);
    this.#pieceEnd = writing.store === undefined ? at + PIECE : Number.POSITIVE_INFINITY;
    return writing;
  }
}

/** Of a part nobody can tell by its size whether it arrived all the same. */
function notWritten(error: unknown): never {
  if (isTransferAborted(error))
    throw new OneConnectionError(`the parts stored are not confirmed (${error.message})`, error);
  throw error;
}

function written(stream: Writable, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => {
      if (error) reject(stream.errored ?? error);
      else resolve();
    });
  });
}
