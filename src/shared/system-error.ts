/** What the system's error codes (errno(3), getaddrinfo(3)) mean, for people. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["ENOENT", "no such file or directory"],
  ["ENOTDIR", "part of its path is not a directory"],
  ["EISDIR", "is a directory"],
  ["EEXIST", "already exists"],
  ["ENOTEMPTY", "the directory is not empty"],
  ["ELOOP", "is a symbolic link that is not followed, or one that leads to itself"],
  ["ENXIO", "is not a regular file"],
  ["ENOSPC", "no space left on the disk"],
  ["EDQUOT", "disk quota exceeded"],
  ["EFBIG", "the file is too large for this file system"],
  ["EIO", "disk input/output error"],
  ["EROFS", "the file system is read-only"],
  ["EXDEV", "is on another file system"],
  ["ENAMETOOLONG", "the name is too long for this file system"],
  ["EMFILE", "this process has too many open files"],
  ["ENFILE", "this machine has too many open files"],
  ["ESTALE", "stale file handle: the file server no longer has it"],
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "connection reset"],
  ["ETIMEDOUT", "no answer"],
  ["EHOSTUNREACH", "no route to host"],
  ["ENETUNREACH", "network unreachable"],
  ["EADDRNOTAVAIL", "this machine has no suitable local address"],
  ["ENOTFOUND", "host name not found"],
  ["EAI_AGAIN", "the name server does not respond"],
]);

/** The system's code, such as `ENOENT`; undefined for an error that is not the system's. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("errno" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The meaning of an error with a code of the system; undefined for a code that is not in the table. */
export function systemWords(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return WORDS.get(code);
}

/**
 * The reason of an error, for messages that name the file or the address themselves:
 * `no such file or directory (ENOENT)`. An error that is not the system's keeps its own words.
 */
export function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  if (errno === undefined) return error instanceof Error ? error.message : String(error);
  const words =
    systemWords(error) ?? (error as Error).message.replace(/^E[A-Z]+: /, "").replace(/, .*$/s, "");
  return `${words} (${errno})`;
}
