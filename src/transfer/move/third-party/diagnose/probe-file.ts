import { beforeAbort } from "../../../../ftp/connection/dial.ts";
import { isTransferAborted, NoDataConnectionError, ReplyError } from "../../../../ftp/errors.ts";
import { joinPath } from "../../../../ftp/pathname.ts";
import type { Clock } from "../../../../shared/clock.ts";
import { visibleFacts } from "../../../prove/visible-facts.ts";
import type { FtpSide } from "../../../sides/ftp-side.ts";
import type { FileFacts } from "../../../sides/side.ts";
import { TEMPORARY_PREFIX } from "../../../publish/temporary-name.ts";
import { hasStored } from "../../relay.ts";
import type { Traces } from "./traces.ts";

/** More than a network's buffers take in silence, and soon moved. */
const PROBE_OCTETS = 300_000;
const PATTERN_OCTETS = 251;

/** A name of ours in a directory. */
export function probePath(directory: string, nonce: string): string {
  return joinPath(directory, `${TEMPORARY_PREFIX}${nonce}.probe`);
}

/** Stores bytes with a pattern, from here, and waits until they are seen there. @throws what the side said */
export async function storeProbe(
  side: FtpSide,
  path: string,
  traces: Traces,
  clock: Clock,
  signal: AbortSignal,
): Promise<FileFacts> {
  const octets = Uint8Array.from({ length: PROBE_OCTETS }, (_, index) => index % PATTERN_OCTETS);
  traces.add(side, path);
  await using writing = await side.write(path, 0, signal);
  const { stream } = writing;
  await beforeAbort(
    new Promise<void>((resolve, reject) => void stream.on("error", reject).end(octets, resolve)),
    signal,
  );
  await writing.finish(signal).catch(async (error: unknown) => {
    // As a copy judges it: the connection was closed badly, after the last byte.
    if (!isTransferAborted(error) || !(await hasStored({ side, path }, PROBE_OCTETS, signal))) throw error;
  });
  return await factsOfStored(side, path, clock, signal);
}

/** A server that answers no question about a file that we have just stored has it all the same. */
async function factsOfStored(
  side: FtpSide,
  path: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<FileFacts> {
  const expected: FileFacts = { kind: "file", sizeBytes: PROBE_OCTETS };
  try {
    return (await visibleFacts({ side, path }, clock, signal)) ?? expected;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ReplyError) && !(error instanceof NoDataConnectionError)) throw error;
    return expected;
  }
}

/**
 * Reads a file that was stored by {@link storeProbe}, or is a copy of one.
 * @returns what is wrong with it; undefined: it is complete
 */
export async function faultOfProbe(
  side: FtpSide,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  await using reading = await side.read(path, 0, signal);
  let length = 0;
  let isSame = true;
  for await (const chunk of reading.stream as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    isSame &&= chunk.every((octet, index) => octet === (length + index) % PATTERN_OCTETS);
    length += chunk.length;
    if (length > PROBE_OCTETS) break;
  }
  if (length !== PROBE_OCTETS) return `${length} bytes can be read, but ${PROBE_OCTETS} were sent`;
  return isSame ? undefined : "the bytes that can be read are not those that were sent";
}

/**
 * Whether files may be stored in a directory. That the server opens no data connection to us is no answer.
 * @throws ReplyError where it refuses
 */
export async function tryStoring(
  side: FtpSide,
  path: string,
  traces: Traces,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  try {
    await storeProbe(side, path, traces, clock, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReplyError && error.command.verb === "STOR" && error.retry === "never") throw error;
  }
}
