import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { joinPath, parentOf } from "../ftp/pathname.ts";
import type { Side } from "../transfer/side.ts";
import { TEMPORARY_PREFIX } from "../transfer/temporary-name.ts";

/** Writes a small file under a temporary name and gives it its own, in place of what stands there. */
export async function writeStamp(side: Side, path: string, text: string, signal: AbortSignal): Promise<void> {
  const temporary = joinPath(parentOf(path), `${TEMPORARY_PREFIX}${randomBytes(6).toString("hex")}.stamp`);
  {
    await using writing = await side.write(temporary, 0, signal);
    await pipeline(Readable.from([Buffer.from(text)]), writing.stream);
    await writing.finish(signal);
  }
  await side.replace(path, temporary, signal);
}
