import { nameOf, parentOf } from "../../../ftp/pathname.ts";
import type { Retry } from "../../../shared/errors.ts";
import { TransferError } from "../../errors.ts";
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
  const because = WORDS[errno] ?? (error as Error).message.replace(/^E[A-Z]+: /, "").replace(/, .*$/s, "");
  return new LocalFileError(path, `${because} (${errno})`, PASSING.has(errno) ? "later" : "never", error);
}

/** Whether the system said one of these, or anything where none is given; in its own words or in ours. */
export function saysErrno(error: unknown, ...names: readonly string[]): boolean {
  const errno = error instanceof LocalFileError ? error.errno : errnoOf(error);
  return errno !== undefined && (names.length === 0 || names.includes(errno));
}

/** Nobody looks for a temporary file: what matters is the directory. */
function shownPath(path: string): string {
  return nameOf(path).startsWith(TEMPORARY_PREFIX) ? parentOf(path) || "." : path;
}

function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("errno" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Errors of the system (errno(3)) in words for people. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "no such file or directory",
  ENOTDIR: "part of its path is not a directory",
  EISDIR: "is a directory",
  EEXIST: "already exists",
  ENOTEMPTY: "the directory is not empty",
  ELOOP: "is a symbolic link that is not followed, or one that leads to itself",
  ENXIO: "is not a regular file",
  ENOSPC: "no space left on the disk",
  EDQUOT: "disk quota exceeded",
  EFBIG: "the file is too large for this file system",
  EIO: "disk input/output error",
  EROFS: "the file system is read-only",
  EXDEV: "is on another file system",
  ENAMETOOLONG: "the name is too long for this file system",
  EMFILE: "this process has too many open files",
  ENFILE: "this machine has too many open files",
  ESTALE: "stale file handle: the file server no longer has it",
};

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
