import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Side } from "../../transfer/sides/side.ts";
import { replaceAtomically } from "./replace-atomically.ts";

/** Writes a small file in place of what is there. */
export async function writeStamp(side: Side, path: string, text: string, signal: AbortSignal): Promise<void> {
  const write = async (temporary: string) => {
    await using writing = await side.write(temporary, 0, signal);
    await pipeline(Readable.from([Buffer.from(text)]), writing.stream, { signal });
    await writing.finish(signal);
  };
  await replaceAtomically(side, path, write, undefined, signal);
}
