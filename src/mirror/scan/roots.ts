import { SelectionError } from "../../batch/errors.ts";
import { ReplyError } from "../../ftp/errors.ts";
import { ListingError } from "../../ftp/listing/errors.ts";
import { parentOf } from "../../ftp/pathname.ts";
import { AppError, messageOf, type Retry } from "../../shared/errors.ts";
import { about } from "../../shared/printable.ts";
import { NOT_A_DIRECTORY, retryOfError, TransferError } from "../../transfer/errors.ts";
import type { Role } from "../../transfer/role.ts";
import { saysErrno } from "../../transfer/sides/local/errors.ts";
import { fileInPath } from "../../transfer/sides/file-in-path.ts";
import type { Side } from "../../transfer/sides/side.ts";
import type { Root, ScanOrder } from "../contract.ts";
import type { DirectoryListing } from "../decide/tree.ts";
import { isMissing } from "./listings/look.ts";

/** The directory that a tree begins with cannot be made or listed; it fails as any other directory does. */
export class RootError extends AppError {
  readonly code = "root";
  readonly retry: Retry;
  readonly role: Role;

  constructor(role: Role, cause: unknown) {
    super(messageOf(cause), cause);
    this.role = role;
    this.retry = retryOfError(cause);
  }
}

/** What a side says of a directory; anything else is no fault of that one, but of the way to it. */
const OF_DIRECTORY = [ReplyError, SelectionError, ListingError, TransferError];

/** Makes a directory of the target. @throws RootError for the root, where it cannot be made */
export async function makeDirectoryAt(
  { target }: Pick<ScanOrder, "target">,
  side: Side,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await side.makeDirectory(directory, signal);
  } catch (error) {
    throw directory === target.path ? ofRoot("target", error) : error;
  }
}

/**
 * What a root is that could not be listed: only that of the target may be absent.
 * @throws why it cannot be gone on with, as a RootError where that is the directory's fault
 */
export async function unlistedRoot(
  role: Role,
  { source, target, makesDirectories }: ScanOrder,
  side: Side,
  error: unknown,
  signal: AbortSignal,
): Promise<DirectoryListing> {
  if (role === "source") throw ofRoot(role, await asRootError(source, side, error, signal));
  try {
    if (!(await isMissing(side, target.path, error, signal)))
      throw await asRootError(target, side, error, signal);
    // Where it is made, that tells.
    const file = makesDirectories ? undefined : await fileInPath(side, parentOf(target.path), signal);
    if (file !== undefined) throw fileError(target, file);
    return { kind: "absent" };
  } catch (fault) {
    throw ofRoot(role, fault);
  }
}

function ofRoot(role: Role, error: unknown): unknown {
  return OF_DIRECTORY.some((kind) => error instanceof kind) ? new RootError(role, error) : error;
}

/** The error of a directory that cannot be listed, which says whether it exists at all. */
async function asRootError(
  { place, path }: Root,
  side: Side,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof ReplyError) && !saysErrno(error, "ENOENT", "ENOTDIR")) return error;
  if (path === "" || (error instanceof ReplyError && error.reply.code < 500)) return error;
  const facts = await side.facts(path, signal).catch(() => ({ kind: "unknown" }) as const);
  if (facts !== undefined && facts.kind !== "file") return error;
  const file =
    facts === undefined ? await fileInPath(side, parentOf(path), signal).catch(() => undefined) : path;
  if (file !== undefined) return fileError({ place }, file);
  const words = error instanceof ReplyError ? ` (${error.message})` : "";
  return new SelectionError(about(place.at(path), `no such directory${words}`));
}

function fileError({ place }: Pick<Root, "place">, path: string): SelectionError {
  return new SelectionError(about(place.at(path), NOT_A_DIRECTORY));
}
