import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Side } from "./side.ts";

/** The two sides, and what each calls the file. */
export interface Ends {
  readonly source: { readonly side: Side; readonly path: string };
  readonly target: { readonly side: Side; readonly path: string };
}

/**
 * Moves one file through this process: what the source sends is handed to the target as fast as that takes it.
 * @returns the octets that passed
 * @throws what the side that failed said
 */
export async function moveThroughUs(
  { source, target }: Ends,
  moved: (octets: number) => void,
  signal: AbortSignal,
): Promise<number> {
  await using reading = await source.side.read(source.path, 0, signal);
  await using writing = await target.side.write(target.path, signal);
  let octets = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      octets += chunk.length;
      moved(octets);
      done(null, chunk);
    },
  });
  await pipeline(reading.stream, counter, writing.stream, { signal });
  await writing.finish(signal);
  await reading.finish(signal);
  return octets;
}
