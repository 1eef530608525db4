import { hash } from "node:crypto";
import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import { distinctInUtf8 } from "../../shared/octets.ts";

/** What every name begins with that is ours and not final. */
export const TEMPORARY_PREFIX = ".fxpd-";

/** What one target is known by, whatever is copied to it: 32 hexadecimal digits. */
export function transferKey(target: string): string {
  return hash("sha256", distinctInUtf8(target), "hex").slice(0, 32);
}

/**
 * The name beside a target that bytes go to until they are verified. It is short whatever the target is
 * called. It is the same when the copy is tried again, so that what is there already is found; `owner`, letters
 * and digits, distinguishes copies that do not know of each other.
 */
export function temporaryPath(target: string, key: string, owner: string): string {
  return joinPath(parentOf(target), `${TEMPORARY_PREFIX}${key.slice(0, 16)}-${owner}.part`);
}

/**
 * The same for a file that is filled in several places at once. A partial file with this name may have holes whatever its
 * length is, and is never taken for the beginning of its source.
 */
export function segmentedPath(temporary: string): string {
  return temporary.replace(/\.part$/, ".seg");
}

const AWAY_PREFIX = `${TEMPORARY_PREFIX}source-`;
/** Bytes of a name that every file system takes; eCryptfs takes 143, most take 255. */
const MOST_NAME_BYTES = 143;

/**
 * Where a source waits that is about to be deleted, until it is sure that the target is another file. Its own name is in it,
 * so that who finds it after a crash knows what it is; one that is too long for that is only known by its key.
 */
export function awayPath(source: string, key: string): string {
  if (ownNameOf(source) !== undefined) return source;
  const name = `${AWAY_PREFIX}${nameOf(source)}`;
  const isShort = Buffer.byteLength(name) <= MOST_NAME_BYTES;
  return joinPath(parentOf(source), isShort ? name : `${TEMPORARY_PREFIX}${key.slice(0, 16)}.source`);
}

/** Whether it is a name that {@link awayPath} gives. */
export function isAway(name: string): boolean {
  return ownNameOf(name) !== undefined || /^\.fxpd-[0-9a-f]{16}\.source$/.test(name);
}

/** The own name of a source that is where {@link awayPath} puts it; undefined for any other. */
export function ownNameOf(path: string): string | undefined {
  const name = nameOf(path);
  const own = name.startsWith(AWAY_PREFIX) ? name.slice(AWAY_PREFIX.length) : "";
  return own === "" ? undefined : own;
}

/** Where the old file waits while the new one takes its name. */
export function asideName(temporary: string): string {
  return temporary.replace(/\.(part|seg)$/, ".old");
}

/**
 * An error in which the file has its own name instead of the temporary one, which nobody has to look for.
 * @returns the error
 */
export function withFinalName<E>(error: E, temporary: string, target: string): E {
  const [from, to] = [nameOf(temporary), nameOf(target)];
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (at.message.includes(from)) at.message = at.message.replaceAll(from, () => to);
  return error;
}
