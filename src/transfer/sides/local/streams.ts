import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Readable, Writable } from "node:stream";
import { encodeText } from "../../../shared/octets.ts";
import { LocalFileError, localError } from "./errors.ts";

/** Bytes read or written at once. */
const CHUNK = 1_048_576;

/** An open file, and how long it was then. */
export interface OpenFile {
  readonly file: FileHandle;
  readonly sizeBytes: number;
}

/**
 * Opens a file; nothing but a regular one, and without waiting: a FIFO would wait for its other end.
 * @param at where it is to be found, where that is not `path`
 * @throws LocalFileError
 */
export async function openRegular(
  path: string,
  flags: number,
  at: Buffer = encodeText(path),
): Promise<OpenFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(at, flags | constants.O_NONBLOCK | constants.O_NOCTTY, 0o666);
    const found = await file.stat();
    if (!found.isFile()) throw new LocalFileError(path, "is not a regular file");
    const isWritten = (flags & constants.O_WRONLY) !== 0;
    if (isWritten && found.nlink > 1)
      throw new LocalFileError(path, "the file to write has another hard link");
    return { file, sizeBytes: found.size };
  } catch (error) {
    await file?.close();
    throw localError(path, error);
  }
}

/** Reads a file from an offset to the end that it had when it was opened. A file that ends elsewhere is an error. */
export class FileReader extends Readable {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #sizeBytes: number;
  readonly #end: number;
  #at: number;
  #isOver = false;

  /** @param end the offset where reading stops; default the end of the file */
  constructor(path: string, { file, sizeBytes }: OpenFile, from: number, end = sizeBytes) {
    super({ highWaterMark: CHUNK });
    this.#path = path;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#at = from;
    this.#end = end;
    owned(this);
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(localError(this.#path, error) as Error),
    );
  }

  /** One byte more than there should be is asked for, so that a file that grows is noticed. */
  async #next(): Promise<Buffer | null> {
    if (this.#isOver) return null;
    const left = this.#end - this.#at + (this.#end < this.#sizeBytes ? 0 : 1);
    if (left === 0) return null;
    if (left < 0) throw this.#changed("is now shorter");
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, left));
    const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#at);
    this.#at += bytesRead;
    if (bytesRead === 0 && this.#at < this.#end) throw this.#changed(`ended at ${this.#at} bytes`);
    if (this.#at > this.#end) throw this.#changed("grew");
    this.#isOver = bytesRead < buffer.length && this.#at === this.#end;
    return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
  }

  #changed(how: string): LocalFileError {
    const because = `changed while it was being read: it had ${this.#sizeBytes} bytes when it was opened, and ${how}`;
    return new LocalFileError(this.#path, because, "later");
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    closed(this.#file, this.#path, error, done);
  }
}

/** Writes a file from an offset on. It ends only when the bytes are on the disk, and not in a buffer of the system. */
export class FileWriter extends Writable {
  readonly #path: string;
  readonly #file: FileHandle;
  #at: number;

  constructor(path: string, file: FileHandle, from: number) {
    super({ highWaterMark: CHUNK });
    this.#path = path;
    this.#file = file;
    this.#at = from;
    owned(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#finish(this.#store(chunk), done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#finish(this.#storeAll(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finish(this.#file.sync(), done);
  }

  async #storeAll(chunks: Buffer[]): Promise<void> {
    const octets = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const { bytesWritten } = await this.#file.writev(chunks, this.#at);
    this.#at += bytesWritten;
    // A disk that is nearly full takes a part.
    if (bytesWritten < octets) await this.#store(Buffer.concat(chunks).subarray(bytesWritten));
  }

  async #store(chunk: Buffer): Promise<void> {
    for (let stored = 0; stored < chunk.length; ) {
      const { bytesWritten } = await this.#file.write(chunk, stored, chunk.length - stored, this.#at);
      stored += bytesWritten;
      this.#at += bytesWritten;
    }
  }

  #finish(work: Promise<void>, done: (error?: Error | null) => void): void {
    work.then(
      () => done(),
      (error: unknown) => done(localError(this.#path, error) as Error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    closed(this.#file, this.#path, error, done);
  }
}

/** An error may come before anybody reads or writes; whoever does gets it then. */
function owned(stream: Readable | Writable): void {
  stream.on("error", () => {});
}

/** A file that is being read or written is closed after that. */
function closed(
  file: FileHandle,
  path: string,
  error: Error | null,
  done: (error?: Error | null) => void,
): void {
  file.close().then(
    () => done(error),
    (failure: unknown) => done(error ?? (localError(path, failure) as Error)),
  );
}

/** Closes a stream whatever state it is in, and waits until its file is closed. */
export function close(stream: Readable | Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once("close", resolve).destroy();
  });
}
