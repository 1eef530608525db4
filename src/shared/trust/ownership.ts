/** What the file system says of a file or a directory. */
interface Owned {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, the sticky bit included. */
  readonly mode: number;
  readonly isDirectory: boolean;
}

/** The user that files are read for. */
export interface Reader {
  readonly uid: number;
  /** As commands take it. */
  readonly name: string;
  /** Whether a group has no members but this user and root. */
  readonly isPrivate: (gid: number) => boolean;
}

/** Why somebody else decides what is in a file, and the command that mends it. */
interface Distrust {
  readonly because: string;
  readonly remedy: string;
}

const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;

/**
 * Whether somebody else could have written a file, or could replace what is in a directory; as ssh judges its files.
 * Root may own them, and a group may write where it is the user's own.
 * @param mayBeSticky whether a directory may be one in which everybody makes files but nobody replaces another's, since
 * each file in it is judged, too
 */
export function distrustOf(
  { path, uid, gid, mode, isDirectory }: Owned,
  reader: Reader,
  mayBeSticky: boolean,
): Distrust | undefined {
  const quoted = shellQuoted(path);
  if (uid !== 0 && uid !== reader.uid)
    return { because: `belongs to user ${uid}`, remedy: `chown ${reader.name} ${quoted}` };
  const isSticky = isDirectory && mayBeSticky && (mode & STICKY) !== 0;
  if (isSticky) return undefined;
  if ((mode & OTHERS_WRITE) !== 0)
    return { because: "is writable by everyone", remedy: `chmod o-w ${quoted}` };
  if ((mode & GROUP_WRITES) !== 0 && !reader.isPrivate(gid))
    return {
      because: `is writable by group ${gid}, which is not its owner's private group`,
      remedy: `chmod g-w ${quoted}`,
    };
  return undefined;
}

function shellQuoted(path: string): string {
  return /^[\w./@:+,=-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
