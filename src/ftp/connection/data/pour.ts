import type { OnReadOpts, Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { anySignal } from "../../../shared/any-signal.ts";
import { ConnectionError } from "../../errors.ts";
import { beforeAbort } from "../dial.ts";

/** Octets read at once. */
const BUFFER = 2 ** 20;
/** Writes that may be under way: one buffer is filled while the other is written. */
const WRITES = 2;
/** Buffers kept for the next connections. */
const SPARES = 16;

/** Buffers that are not in use: reusing the same few keeps them in the processor's cache and makes no garbage. */
const spares: Buffer[] = [];

/** Connections that read into buffers of ours. */
const intakes = new WeakMap<Readable, Intake>();

/**
 * Hands all octets of one stream to another as fast as that takes them, and ends it. What `seen` is shown is its own
 * only until it returns. `pace`: the same octets, each when it may pass.
 * @throws what the stream that failed said; both are closed then. Where nobody wants it any more, the signal's reason
 */
export async function pour(
  from: Readable,
  into: Writable,
  seen: (octets: Buffer) => void,
  signal: AbortSignal,
  pace?: (from: Readable) => AsyncIterable<Buffer>,
): Promise<void> {
  try {
    if (pace === undefined) await passOn(from, into, seen, signal);
    else await passPaced(from, into, seen, signal, pace);
  } catch (error) {
    // Streams that are closed because of it complain of that in words of their own.
    signal.throwIfAborted();
    throw isPrematureClose(error) ? closedEarly(error) : error;
  }
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}

const closedEarly = (cause?: unknown) =>
  new ConnectionError("the data connection was closed before all bytes had passed", cause);

/** What waits for its turn stays in the stream, so that the server behind it is held back. */
async function passPaced(
  from: Readable,
  into: Writable,
  seen: (octets: Buffer) => void,
  signal: AbortSignal,
  pace: (from: Readable) => AsyncIterable<Buffer>,
): Promise<void> {
  let isAllRead = false;
  const counted = async function* (stream: Readable) {
    for await (const octets of pace(stream)) {
      seen(octets);
      yield octets;
    }
    isAllRead = true;
  };
  const over = new AbortController();
  const either = anySignal(signal, over.signal);
  // A socket whose other end is closed finishes without an error; a pipeline with a generator in it waits for ever then,
  // whatever its own signal says.
  const ends = () => {
    if (!isAllRead) over.abort(into.errored ?? closedEarly());
  };
  into.once("finish", ends).once("close", ends);
  try {
    await beforeAbort(pipeline(from, counted, into, { signal: either }), either);
  } catch (error) {
    from.destroy();
    into.destroy();
    throw over.signal.aborted ? over.signal.reason : error;
  } finally {
    into.off("finish", ends).off("close", ends);
  }
}

async function passOn(
  from: Readable,
  into: Writable,
  seen: (octets: Buffer) => void,
  signal: AbortSignal,
): Promise<void> {
  const intake = intakes.get(from);
  if (intake !== undefined) return intake.pour(into, seen, signal);
  // Beside the pipe, not in it: a stream between the two would handle each chunk once more.
  from.on("data", seen);
  await pipeline(from, into, { signal });
}

/**
 * Whether what was read from a connection has not all been taken yet: a reader that takes its time is no fault of the
 * server's.
 */
export function isHeldBack(from: Readable): boolean {
  return intakes.get(from)?.isHeldBack === true || from.readableLength > 0;
}

/**
 * Reads a connection into buffers that are used again when they are written, where a stream allocates 64 KiB for each
 * read: for the same octets that takes a third of the time. Until {@link pour}, it is a stream like any other.
 */
export class Intake {
  /** For the connection that is to be made. */
  readonly onread: OnReadOpts = {
    buffer: () => (this.#filled = spares.pop() ?? Buffer.allocUnsafeSlow(BUFFER)),
    callback: (octets) => this.#take(this.#filled.subarray(0, octets), this.#filled),
  };
  #filled: Buffer = Buffer.alloc(0);
  #take = (octets: Buffer, buffer: Buffer): boolean => {
    const copy = Buffer.from(octets);
    keep(buffer);
    return this.#socket?.push(copy) === true;
  };
  #socket: Socket | undefined;
  #underWay = 0;

  /** Called as soon as it is established. */
  serve(socket: Socket): Socket {
    this.#socket = socket;
    intakes.set(socket, this);
    return socket.once("close", () => keep(this.#filled));
  }

  /** Whether as many writes are under way as may be. */
  get isHeldBack(): boolean {
    return this.#underWay >= WRITES;
  }

  async pour(into: Writable, seen: (octets: Buffer) => void, signal: AbortSignal): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) throw new TypeError("expected a connected socket");
    this.#take = (octets, buffer) => {
      seen(octets);
      this.#underWay += 1;
      into.write(octets, (error) => {
        // One that failed may still be read from.
        if (error) return socket.destroy(error);
        keep(buffer);
        if (this.#underWay === WRITES) socket.resume();
        this.#underWay -= 1;
        return undefined;
      });
      return this.#underWay < WRITES;
    };
    const early = socket.read() as Buffer | null;
    if (early !== null) this.#take(early, early);
    const read = finished(socket.resume(), { writable: false, signal });
    try {
      await Promise.all([read.then(() => into.end()), finished(into, { readable: false, signal })]);
    } catch (error) {
      socket.destroy();
      into.destroy();
      throw error;
    }
  }
}

function keep(buffer: Buffer): void {
  if (buffer.length === BUFFER && spares.length < SPARES) spares.push(buffer);
}
