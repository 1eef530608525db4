import { SelectionError } from "../batch/errors.ts";
import { lookUpPath, type Looking } from "../copy/select.ts";
import { parentOf, withoutSlash } from "../ftp/pathname.ts";
import { NOT_A_DIRECTORY, TransferError } from "../transfer/errors.ts";
import { requireAsWritten } from "./entry.ts";
import { about } from "../shared/printable.ts";

/**
 * @param withParents whether missing directories above it are made too, and one that exists is no error
 * @returns whether it was made
 * @throws SelectionError
 */
export async function makeDirectory(
  looking: Looking,
  path: string,
  withParents: boolean,
  shown: (path: string) => string,
): Promise<boolean> {
  const { side, retrier, signal } = looking;
  const facts = await directoryFacts(looking, path);
  if (facts?.kind === "directory" && withParents) return false;
  if (facts !== undefined) throw new SelectionError(about(shown(path), "already exists"));
  if (!withParents) await requireDirectory(looking, parentOf(path), shown);
  await retrier.run(() => side.makeDirectory(path, signal), signal);
  return true;
}

/** @throws SelectionError */
async function requireDirectory(
  looking: Looking,
  path: string,
  shown: (path: string) => string,
): Promise<void> {
  const facts = await directoryFacts(looking, path);
  if (facts?.kind === "file") throw new SelectionError(about(shown(path), NOT_A_DIRECTORY));
  if (facts?.kind !== "directory")
    throw new SelectionError(`the directory ${shown(path)} does not exist; use -p to create it too`);
}

async function directoryFacts(looking: Looking, path: string) {
  const bare = withoutSlash(path);
  return lookUpPath(looking, bare);
}

/**
 * @param bits Unix permission bits, 0 … 0o7777
 * @throws TransferError where they cannot be set; SelectionError for a file whose name ends in a slash
 */
export async function setPermissions(
  looking: Looking,
  path: string,
  bits: number,
  shown = path,
): Promise<void> {
  const { side, retrier, signal } = looking;
  if (path.endsWith("/")) requireAsWritten(path, (await directoryFacts(looking, path))?.kind, shown);
  const because = await retrier.run(() => side.setPermissions(path, bits, signal), signal);
  if (because !== undefined) throw new TransferError(because, "never");
}

interface Touching {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Whether the time was asked for; a new file has the time at which it was made otherwise. */
  readonly isGiven: boolean;
  readonly creates: boolean;
}

/** Sets a modification time, or makes an empty file. @returns what was done @throws SelectionError for a directory that is none */
export async function touch(
  looking: Looking,
  path: string,
  { atMs, isGiven, creates }: Touching,
  shown = path,
): Promise<"created" | "touched" | "absent"> {
  const { side, retrier, signal } = looking;
  const facts = await directoryFacts(looking, path);
  requireAsWritten(path, facts === undefined && creates ? "file" : facts?.kind, shown);
  if (facts === undefined && !creates) return "absent";
  if (facts === undefined) {
    await using writing = await side.write(path, 0, signal);
    writing.stream.end();
    await writing.finish(signal);
  }
  if (facts !== undefined || isGiven) {
    const because = await retrier.run(() => side.setModified(path, atMs, signal), signal);
    if (because !== undefined) throw new TransferError(because, "never");
  }
  return facts === undefined ? "created" : "touched";
}
