import { beforeAbort } from "../../../../ftp/connection/dial.ts";
import { ReplyError } from "../../../../ftp/errors.ts";
import { joinPath } from "../../../../ftp/pathname.ts";
import type { FtpSide } from "../../../sides/ftp-side.ts";
import { TEMPORARY_PREFIX } from "../../../publish/temporary-name.ts";
import type { Traces } from "./traces.ts";

/** More than a network's buffers take in silence, and soon moved. */
const PROBE_OCTETS = 300_000;

/** A name of ours in a directory. */
export function probePath(directory: string, nonce: string): string {
  return joinPath(directory, `${TEMPORARY_PREFIX}${nonce}.probe`);
}

/** Stores bytes with a pattern, from here. @throws what the side said */
export async function storeProbe(
  side: FtpSide,
  path: string,
  traces: Traces,
  signal: AbortSignal,
): Promise<void> {
  const octets = Uint8Array.from({ length: PROBE_OCTETS }, (_, index) => index % 251);
  traces.add(side, path);
  await using writing = await side.write(path, 0, signal);
  const { stream } = writing;
  await beforeAbort(
    new Promise<void>((resolve, reject) => void stream.on("error", reject).end(octets, resolve)),
    signal,
  );
  await writing.finish(signal);
}

/**
 * Whether files may be stored in a directory. That the server opens no data connection to us is no answer.
 * @throws ReplyError where it refuses
 */
export async function tryStoring(
  side: FtpSide,
  path: string,
  traces: Traces,
  signal: AbortSignal,
): Promise<void> {
  try {
    await storeProbe(side, path, traces, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReplyError && error.command.verb === "STOR" && error.retry === "never") throw error;
  }
}
