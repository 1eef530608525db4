import { SelectionError } from "../batch/errors.ts";
import { lookUpPath, type Looking } from "../copy/select.ts";
import { ReplyError } from "../ftp/errors.ts";
import { joinPath, nameOf, parentOf, withoutSlash } from "../ftp/pathname.ts";
import { SafeguardError } from "../mirror/decide/safeguards.ts";
import { messageOf } from "../shared/errors.ts";
import { temporaryPath, transferKey } from "../transfer/publish/temporary-name.ts";
import { DIRECTORY_THERE, NOT_A_DIRECTORY, TransferError } from "../transfer/errors.ts";
import { fileInPath, passOverOpen } from "../transfer/sides/file-in-path.ts";
import { entryAt, requireAsWritten, requiredEntry } from "./entry.ts";
import { isAtOrBelow, refusalOfDirectory } from "./protected.ts";
import { about } from "../shared/printable.ts";

interface Renaming {
  readonly from: string;
  /** A new name, or a directory that it goes into. */
  readonly to: string;
  /** Whether `to` is a directory, whatever is there. */
  readonly isInto: boolean;
  /** Whether a file that has the new name is replaced. */
  readonly isForced: boolean;
  readonly isDryRun: boolean;
}

/**
 * Gives something another name on the same side.
 * @param shown a path as a person may read it
 * @returns the new path
 * @throws SelectionError where that cannot be; SafeguardError for the root and the login directory
 */
export async function rename(
  looking: Looking,
  renaming: Renaming,
  shown: (path: string) => string,
): Promise<string> {
  const { side, signal } = looking;
  const from = withoutSlash(renaming.from);
  const refusal = refusalOfDirectory(side, from);
  if (refusal !== undefined) throw new SafeguardError(about(shown(from), `${refusal}; nothing was renamed`));
  const entry = await requiredEntry(looking, from, shown(from));
  requireAsWritten(renaming.from, entry.kind, shown(from));
  const to = await targetOf(looking, renaming, nameOf(from), shown);
  if (side.locate(from) === side.locate(to))
    throw new SelectionError(about(shown(from), "source and target are the same"));
  if (entry.kind === "directory" && isAtOrBelow(side, to, from) && !isAtOrBelow(side, from, to))
    throw new SelectionError(`${shown(from)}: a directory cannot be moved into itself (${shown(to)})`);
  const old = await entryAt(looking, to);
  if (old?.kind === "directory") throw new SelectionError(about(shown(to), DIRECTORY_THERE));
  if (old !== undefined && entry.kind === "directory")
    throw new SelectionError(`${shown(to)} already exists; a directory does not replace a file`);
  if (old !== undefined && !renaming.isForced)
    throw new SelectionError(`${shown(to)} already exists; use --force to replace it`);
  if (renaming.isDryRun) {
    // What the server does not tell is no obstacle to the real run either.
    const lack = await lackOfDirectory(looking, parentOf(to), shown).catch(passOverOpen);
    if (lack !== undefined) throw lack;
    return to;
  }
  try {
    if (old === undefined) await side.move(from, to, signal);
    else await replace(looking, from, to);
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    throw (await lackOfDirectory(looking, parentOf(to), shown).catch(() => undefined)) ?? error;
  }
  return to;
}

/** Why nothing can be in a directory: it is not there, or a file has its name or is in its path. */
async function lackOfDirectory(
  looking: Looking,
  directory: string,
  shown: (path: string) => string,
): Promise<SelectionError | undefined> {
  if (directory === "" || directory === "/") return undefined;
  const { side, retrier, signal } = looking;
  const file = await retrier.run(() => fileInPath(side, directory, signal), signal);
  if (file !== undefined) return new SelectionError(about(shown(file), NOT_A_DIRECTORY));
  if ((await lookUpPath(looking, directory)) !== undefined) return undefined;
  return new SelectionError(about(shown(directory), "no such directory"));
}

async function targetOf(
  looking: Looking,
  { to, isInto }: Renaming,
  name: string,
  shown: (path: string) => string,
): Promise<string> {
  const path = withoutSlash(to);
  const facts = await lookUpPath(looking, path);
  if (facts?.kind === "directory") return joinPath(path, name);
  const lack = facts?.kind === "file" ? NOT_A_DIRECTORY : "no such directory";
  if (isInto || to.endsWith("/")) throw new SelectionError(about(shown(path), lack));
  return path;
}

/** In two steps, since only what has a temporary name takes a file's place without a moment in which neither is there. */
async function replace({ side, signal }: Looking, from: string, to: string): Promise<void> {
  const between = temporaryPath(to, transferKey(side.locate(to)), "mv");
  await side.move(from, between, signal);
  try {
    await side.replace(to, between, signal);
  } catch (error) {
    try {
      await side.move(between, from, AbortSignal.timeout(30_000));
    } catch (failure) {
      throw new TransferError(
        `${messageOf(error)}; ${from} was left behind as ${between}: ${messageOf(failure)}`,
        "never",
        error,
      );
    }
    throw error;
  }
}
