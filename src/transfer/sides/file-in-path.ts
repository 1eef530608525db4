import { ReplyError } from "../../ftp/errors.ts";
import { isLeftOpen } from "../../ftp/listing/errors.ts";
import { parentOf, withoutSlash } from "../../ftp/pathname.ts";
import { isCancellation } from "../../shared/errors.ts";
import { FILE_THERE, TransferError } from "../errors.ts";
import type { Side } from "./side.ts";

/** The file that has a path, or a part of it, so that no directory can be there; undefined where none is known. */
export async function fileInPath(
  side: Pick<Side, "facts">,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let at = withoutSlash(path); !/^[./]*$/.test(at); at = parentOf(at)) {
    const facts = await side.facts(at, signal);
    if (facts !== undefined) return facts.kind === "file" || facts.kind === "other" ? at : undefined;
  }
  return undefined;
}

/**
 * Looks whether a directory could be made. What the server does not tell is no obstacle: it may take files all the same.
 * @throws TransferError, which names the file in its way
 */
export async function requireNoFileInPath(
  side: Pick<Side, "facts" | "name">,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const file = await fileInPath(side, path, signal).catch(passOverOpen);
  if (file !== undefined) throw inTheWay(side, file);
}

/** Passes over what a server does not answer; what ends the connection, and a cancellation, stay errors. */
export function passOverOpen(error: unknown): undefined {
  const isFarewell = error instanceof ReplyError && error.reply.code === 421;
  if (isFarewell || !isLeftOpen(error)) throw error;
}

function inTheWay({ name }: Pick<Side, "name">, file: string, cause?: unknown): TransferError {
  return new TransferError(`${name}: ${file}: ${FILE_THERE}`, "never", cause);
}

/** Why a server makes no directory: the file in its way is named, where there is one; else it is what the server said. */
export async function directoryFault(
  side: Pick<Side, "facts" | "name">,
  path: string,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof ReplyError) || error.reply.code === 421) return error;
  try {
    const file = await fileInPath(side, path, signal);
    return file === undefined ? error : inTheWay(side, file, error);
  } catch (fault) {
    return isCancellation(fault) ? fault : error;
  }
}
