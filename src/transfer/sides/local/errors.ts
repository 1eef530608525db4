import { nameOf, parentOf } from "../../../ftp/pathname.ts";
import type { Retry } from "../../../shared/errors.ts";
import { reasonAt } from "../../../shared/reason-at.ts";
import { errnoOf } from "../../../shared/system-error.ts";
import { DIRECTORY_THERE, TransferError } from "../../errors.ts";
import { TEMPORARY_PREFIX } from "../../publish/temporary-name.ts";

/** A file or directory of this machine could not be read, written, renamed or deleted: which one, and why. */
export class LocalFileError extends TransferError {
  override readonly code = "local-file";
  /** The system's name for what went wrong, such as `EACCES`; undefined where it is a finding of ours. */
  readonly errno: string | undefined;

  constructor(path: string, because: string, retry: Retry = "never", cause?: unknown) {
    super(`local: ${shownPath(path)}: ${because}`, retry, cause);
    this.errno = errnoOf(cause);
  }
}

/** What the system said of a path, in a sentence; what is a sentence already stays as it is. */
export function localError(path: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined || error instanceof TransferError) return error;
  return new LocalFileError(path, reasonAt(path, error), PASSING.has(errno) ? "later" : "never", error);
}

/** What becomes of a refusal to put a file in the place of a directory: one that names it, and not what it is in. */
export function asDirectoryThere(path: string): (error: unknown) => never {
  return (error) => {
    throw saysErrno(error, "EISDIR") ? new LocalFileError(path, DIRECTORY_THERE, "never", error) : error;
  };
}

/** Whether the system said one of these, or anything where none is given; in its own words or in ours. */
export function saysErrno(error: unknown, ...names: readonly string[]): boolean {
  const errno = error instanceof LocalFileError ? error.errno : errnoOf(error);
  return errno !== undefined && (names.length === 0 || names.includes(errno));
}

/** Whether the system says that nothing is there. */
export function saysAbsent(error: unknown): boolean {
  return saysErrno(error, "ENOENT", "ENOTDIR");
}

/** What there is instead, where something is not there. */
export async function absentAs<T, E>(instead: E, ask: () => Promise<T>): Promise<T | E> {
  try {
    return await ask();
  } catch (error) {
    if (saysAbsent(error)) return instead;
    throw error;
  }
}

/** Nobody looks for a temporary file: what matters is the directory. */
function shownPath(path: string): string {
  return nameOf(path).startsWith(TEMPORARY_PREFIX) ? parentOf(path) || "." : path;
}

/** What may be over when the file is tried again. */
const PASSING = new Set([
  "EAGAIN",
  "EBUSY",
  "EDQUOT",
  "EINTR",
  "EIO",
  "EMFILE",
  "ENFILE",
  "ENOSPC",
  "ESTALE",
]);
