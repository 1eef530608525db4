import { ReplyError } from "../../ftp/errors.ts";
import { parentOf } from "../../ftp/pathname.ts";
import { isCancellation } from "../../shared/errors.ts";
import { FILE_THERE, TransferError } from "../errors.ts";
import type { Side } from "./side.ts";

/** The file that has a path, or a part of it, so that no directory can be there; undefined where none is known. */
export async function fileInPath(
  side: Pick<Side, "facts">,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let at = path.replace(/(?<=.)\/+$/, ""); !/^[./]*$/.test(at); at = parentOf(at)) {
    const facts = await side.facts(at, signal);
    if (facts !== undefined) return facts.kind === "file" || facts.kind === "other" ? at : undefined;
  }
  return undefined;
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
    return file === undefined
      ? error
      : new TransferError(`${side.name}: ${file}: ${FILE_THERE}`, "never", error);
  } catch (fault) {
    return isCancellation(fault) ? fault : error;
  }
}
