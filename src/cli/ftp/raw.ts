import { type Duplex, Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createDeflate, createInflate } from "node:zlib";
import type { Local, RawTransfer, Transferred } from "../../console/effects.ts";
import { ConsoleError } from "../../console/errors.ts";
import type { Representation } from "../../console/session.ts";
import { linesInUtf8 } from "../../ftp/charset/lines-in-utf8.ts";
import { UTF8_NAMES } from "../../ftp/charset/name-codec.ts";
import { ReplyError } from "../../ftp/errors.ts";
import type { Client } from "../../ftp/session/client.ts";
import { decodeText } from "../../shared/octets.ts";
import type { Command } from "../../ftp/command.ts";
import { decoder, encoder, type Encoding } from "../../ftp/representation/representation.ts";
import { converting } from "../../ftp/connection/data/converting.ts";
import { fromNvtAscii } from "../../ftp/representation/text.ts";
import { paced, type RateLimit } from "../../transfer/rate-limit.ts";
import type { LocalFiles, ConsoleSink } from "./local-files.ts";

/** What sees how many bytes have moved, and of how many where that is known. */
export type ProgressListener = (bytes: number, size?: number) => void;

interface RawDeps {
  readonly progress: ProgressListener;
  /** Called with each restart marker, and how many bytes came before it. */
  readonly onMarker: (text: string, bytesBefore: number) => void;
  /** How fast bytes may move; absent: no limit. */
  readonly rate?: RateLimit | undefined;
  /** What takes bytes for the console; absent: it is written to. */
  readonly shown?: ConsoleSink | undefined;
}

/** Moves one file as its representation says, under its final name at once. */
export async function performRaw(
  client: Client,
  { verb, path, local, representation, restartAt, keepsReturns, codePage, comparedBytes = 0 }: RawTransfer,
  files: LocalFiles,
  { progress, onMarker, rate, shown }: RawDeps,
  signal: AbortSignal,
): Promise<Transferred> {
  const began = performance.now();
  const encoding = encodingOf(representation, keepsReturns, codePage);
  const command: Command = { verb, argument: path };
  let bytes = 0;
  const size =
    verb === "RETR" || local.kind !== "file" ? undefined : (await files.facts(local.path))?.sizeBytes;
  // In block and compressed mode the end of the file is in the data, in deflate mode the end of the stream is.
  const hasSentAll = representation.mode === "S" ? undefined : () => count.writableFinished;
  const count = counting((length) =>
    progress((bytes += length), size === undefined ? undefined : size - restartAt),
  );
  const isDeflated = representation.mode === "Z";
  // Before the command, at which the server empties its own file.
  const source = verb === "RETR" ? undefined : await files.source(local, restartAt);
  using _ = {
    [Symbol.dispose]() {
      // The console goes on to be read from.
      if (local.kind !== "console") source?.stream.destroy();
    },
  };
  const known =
    comparedBytes === 0 ? undefined : await files.bytes(local, restartAt - comparedBytes, restartAt);
  await using transfer = await client.open(command, restartAt - comparedBytes, signal);
  if (source === undefined) {
    const stream = await transfer.stream(signal);
    // Not before the server has agreed: a refusal leaves no empty file.
    const sink = await files.sink(local, restartAt, shown);
    const stages = [
      ...(isDeflated ? [createInflate()] : []),
      converting(decoder(encoding, onMarker)),
      ...(known === undefined ? [] : [comparing(known, path)]),
      count,
    ];
    await through(limited(stream, rate, signal), stages, sink.stream, signal);
    await sink.done();
  } else {
    const stream = await transfer.stream(signal, hasSentAll);
    const stages = [count, converting(encoder(encoding)), ...(isDeflated ? [createDeflate()] : [])];
    await through(limited(source.stream, rate, signal), stages, stream, signal);
    await source.done();
  }
  await transfer.finish(client.host.timeouts.stallMs, signal);
  return { bytes, seconds: (performance.now() - began) / 1_000 };
}

/** How a listing is shown on the console. */
interface ListDeps {
  /** The same text, safe to be shown. */
  readonly safe: (text: Uint8Array) => Uint8Array;
  /** What takes it; absent: the console is written to. */
  readonly shown?: ConsoleSink | undefined;
}

/** A listing as the server sends it, with line ends of this machine. */
export async function list(
  client: Client,
  command: Command,
  local: Local,
  files: LocalFiles,
  { safe, shown }: ListDeps,
  signal: AbortSignal,
): Promise<void> {
  await using transfer = await client.open(command, 0, signal);
  const stream = await transfer.stream(signal);
  const sink = await files.sink(local, 0, shown);
  const lines = converting(fromNvtAscii(false));
  const inUtf8 = client.names === UTF8_NAMES ? [] : [converting(linesInUtf8(client.names))];
  const seen = local.kind === "console" ? [converting({ push: safe, end: () => new Uint8Array() })] : [];
  await through(stream, [lines, ...inUtf8, ...seen], sink.stream, signal);
  await sink.done();
  await transfer.finish(client.host.timeouts.replyMs, signal);
}

/** The names that NLST gives for a pattern, matched by the server; none where it says that there are none. */
export async function names(
  client: Client,
  pattern: string,
  files: LocalFiles,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const chunks: Uint8Array[] = [];
  const shown = { push: (chunk: Uint8Array) => void chunks.push(chunk), end: () => {} };
  const deps = { safe: (text: Uint8Array) => text, shown };
  try {
    await list(client, { verb: "NLST", argument: pattern }, { kind: "console" }, files, deps, signal);
  } catch (error) {
    if (!(error instanceof ReplyError) || !/^(450|550)$/.test(String(error.reply.code))) throw error;
  }
  return decodeText(Buffer.concat(chunks))
    .split("\n")
    .filter((name) => name !== "");
}

async function through(
  from: NodeJS.ReadableStream,
  stages: readonly Duplex[],
  to: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  await pipeline([from, ...stages, to], { signal });
}

/** The same bytes, no faster than the limit lets them pass. */
function limited(from: Readable, rate: RateLimit | undefined, signal: AbortSignal): Readable {
  return rate === undefined ? from : Readable.from(paced(from, rate, signal), { objectMode: false });
}

/** Passes on what follows these bytes, where it is them that come first. */
function comparing(known: Buffer, path: string): Transform {
  let at = 0;
  const differs = () =>
    new ConsoleError(
      `reget: ${path} differs from the part that is here; nothing was written (to append without comparing: reget --force)`,
    );
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const length = Math.min(chunk.length, known.length - at);
      if (!chunk.subarray(0, length).equals(known.subarray(at, at + length))) return done(differs());
      at += length;
      return length === chunk.length ? done() : done(null, chunk.subarray(length));
    },
    flush: (done) => (at < known.length ? done(differs()) : done()),
  });
}

function counting(seen: (length: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      seen(chunk.length);
      done(null, chunk);
    },
  });
}

function encodingOf(
  { type, mode, structure }: Representation,
  keepsReturns: boolean,
  codePage: Encoding["codePage"],
): Encoding {
  return {
    type: type === "L 8" ? "I" : type,
    structure: structure === "R" ? "R" : "F",
    mode: mode === "Z" ? "S" : mode,
    keepsReturns,
    codePage,
  };
}
