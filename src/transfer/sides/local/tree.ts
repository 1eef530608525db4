import { type FileHandle, mkdir, realpath } from "node:fs/promises";
import { joinPath, nameOf, parentOf, withoutSlash } from "../../../ftp/pathname.ts";
import { decodeText, encodeText } from "../../../shared/octets.ts";
import { Directory, HAS_DESCRIPTOR_PATHS, realPathOf } from "./directory.ts";
import { LocalFileError, saysErrno } from "./errors.ts";
import { checkedPath, makeLocalDirectories } from "./paths.ts";

/**
 * Which symbolic links below a root are followed: `none`; those that lead to something `inside` that root; `all`. A
 * root may be a link, and so may be what lies above it.
 */
export type Follows = "none" | "inside" | "all";

export interface TreeOptions {
  /** Where trees begin; none: links are followed wherever they lead. */
  readonly roots: readonly string[];
  readonly follows: Follows;
  /** Whether directories are held by descriptors, where the system has them; for tests. */
  readonly hasDescriptorPaths?: boolean;
}

/** Directories that are held open beside the root; one that is not is entered anew, without links all the same. */
const MAX_OPEN = 64;
/** How long they are held open when nobody uses any. */
const IDLE_MS = 2_000;
/** Directories outside the root that are known again. */
const MAX_KNOWN = 1_000;

/** Begins the keys of directories that are not below a root; those of others begin with the root's number. */
const OUTSIDE = ":";

/** A directory as long as it is used. */
export interface Entered extends AsyncDisposable {
  /** The path of a name in it, for the system; empty: of the directory itself. */
  at(name: string): Buffer;
  readonly realPath: string;
}

/** Where a directory is to be found: so many names below a root, or anywhere. */
interface Wanted {
  readonly key: string;
  readonly path: string;
  /** Undefined: not below any root. */
  readonly below: Below | undefined;
}

interface Below {
  /** Which of the roots, 0 …. */
  readonly root: number;
  readonly names: readonly string[];
}

/**
 * A tree on this machine's disk in which somebody else may rename, delete and make links at the same time. Where no link
 * is followed, each directory is entered name by name from the one above it, held open, and known again by its device
 * and inode: what is done in it is done there, whatever has its path by then. Where the system has no paths of
 * descriptors, each directory on the way is looked at before instead. Directories are held open as long as somebody is
 * attached.
 */
export class LocalTree {
  readonly #roots: readonly string[];
  readonly #follows: Follows;
  readonly #hasPaths: boolean;
  readonly #identities = new Map<string, string>();
  readonly #open = new Map<string, Promise<Directory>>();
  readonly #users = new Set<object>();
  #idle: NodeJS.Timeout | undefined;

  constructor({ roots, follows, hasDescriptorPaths = HAS_DESCRIPTOR_PATHS }: TreeOptions) {
    // Of two that hold a path, the inner one is meant.
    this.#roots = roots.toSorted((one, other) => other.length - one.length);
    this.#follows = follows;
    this.#hasPaths = hasDescriptorPaths;
  }

  /** Whether a link as the last name is followed where something is read. */
  get followsLinks(): boolean {
    return this.#follows !== "none";
  }

  /** The directory that something lies in. */
  parent(path: string): Promise<Entered> {
    const below = this.#belowRoot(path);
    const isRoot = below === undefined || below.names.length === 0;
    return this.#enter(isRoot ? this.#wanted(parentOf(path), undefined) : this.#above(below));
  }

  /** The directory with this path. */
  directory(path: string): Promise<Entered> {
    return this.#enter(this.#wanted(path, this.#belowRoot(path)));
  }

  /** Makes a directory and those above it; harmless where it is there. */
  async make(path: string): Promise<void> {
    const below = this.#belowRoot(path);
    if (below === undefined || below.names.length === 0) return makeLocalDirectories(path);
    try {
      await using _ = await this.directory(path);
      return;
    } catch (error) {
      if (!saysErrno(error, "ENOENT")) throw error;
    }
    await this.make(this.#above(below).path);
    this.forget(path);
    await using parent = await this.parent(path);
    await mkdir(parent.at(nameOf(path))).catch((error: unknown) => {
      // Somebody else may have made it meanwhile.
      if (!saysErrno(error, "EEXIST")) throw error;
    });
    await using _ = await this.directory(path);
  }

  /** What has this path may be another directory from now on: it was renamed or deleted by us. */
  forget(path: string): void {
    const { key } = this.#wanted(path, this.#belowRoot(path));
    const isGone = (other: string) => other === key || other.startsWith(`${key}/`);
    for (const other of this.#identities.keys()) if (isGone(other)) this.#identities.delete(other);
    for (const [other, directory] of this.#open) if (isGone(other)) this.#drop(other, directory);
  }

  /** @throws LocalFileError for an open file that lies outside the root, where links lead only inside */
  async requireInside(path: string, file: FileHandle, at: Buffer): Promise<void> {
    const below = this.#belowRoot(path);
    if (this.#follows !== "inside" || below === undefined || below.names.length === 0) return;
    const real = this.#hasPaths ? realPathOf(file) : await checkedPath(path, file, at);
    await this.#requireInside(path, below, real);
  }

  /** Whether a symbolic link leads out of its root, and is not to be followed therefore. */
  async leadsOut(path: string, at: Buffer): Promise<boolean> {
    const below = this.#belowRoot(path);
    if (this.#follows !== "inside" || below === undefined) return false;
    const real = await realpath(at, { encoding: "buffer" }).catch(() => undefined);
    return real !== undefined && !(await this.#isInside(below, decodeText(real)));
  }

  /** Directories are held open for this one, too. */
  attach(user: object): void {
    this.#users.add(user);
  }

  /** Nothing is held open once nobody is attached any more; what is entered after that is closed when it is given back. */
  detach(user: object): void {
    this.#users.delete(user);
    if (this.#users.size > 0) return;
    clearTimeout(this.#idle);
    this.#idle = undefined;
    for (const [key, directory] of this.#open) this.#drop(key, directory);
  }

  async #enter(wanted: Wanted): Promise<Entered> {
    const { key } = wanted;
    for (;;) {
      const known = this.#hasPaths ? this.#open.get(key) : undefined;
      const opening = known ?? this.#opened(wanted);
      // Whoever looked for it before may have done so before it was made.
      const directory = await (known === undefined ? opening : opening.catch(() => undefined));
      if (directory?.use() !== true) continue;
      if (known === undefined || directory.isInPlace) return this.#entered(directory);
      // It was renamed, or one above it: what has its path now is entered, and known again or not.
      this.#drop(key, opening);
      await directory.giveBack();
    }
  }

  #entered(directory: Directory): Entered {
    return {
      at: (name) => directory.at(name),
      realPath: directory.realPath,
      [Symbol.asyncDispose]: async () => {
        await directory.giveBack();
        // Who was on the way in when the last one was detached leaves nothing open.
        if (this.#users.size === 0) return directory.drop();
        this.#idle ??= setTimeout(() => this.#leaveAll(), IDLE_MS).unref();
      },
    };
  }

  #opened(wanted: Wanted): Promise<Directory> {
    const opening = this.#find(wanted);
    if (!this.#hasPaths || this.#users.size === 0) return opening;
    this.#open.set(wanted.key, opening);
    opening.catch(() => this.#drop(wanted.key, opening));
    const [oldest] = this.#leavable();
    if (this.#open.size > MAX_OPEN && oldest !== undefined) this.#leave(oldest);
    return opening;
  }

  async #find({ key, path, below }: Wanted): Promise<Directory> {
    const isRoot = below === undefined || below.names.length === 0;
    const directory =
      isRoot || this.#follows !== "none"
        ? await Directory.open(encodeText(path === "" ? "." : path), path, true, this.#hasPaths)
        : await this.#findBelow(path, below);
    try {
      if (this.#follows === "none") this.#requireKnown(key, path, directory);
      else if (!isRoot) await this.#requireInside(path, below, directory.realPath);
      return directory;
    } catch (error) {
      await directory.drop();
      throw error;
    }
  }

  async #findBelow(path: string, below: Below): Promise<Directory> {
    await using parent = await this.#enter(this.#above(below));
    return await Directory.open(parent.at(nameOf(path)), path, false, this.#hasPaths);
  }

  #requireKnown(key: string, path: string, { identity }: Directory): void {
    const known = this.#identities.get(key);
    if (known !== undefined && known !== identity) {
      const because =
        "has been replaced by another directory during this run; fxpd does not read or write in it";
      throw new LocalFileError(path === "" ? "." : path, because);
    }
    this.#identities.delete(key);
    this.#identities.set(key, identity);
    if (this.#identities.size <= MAX_KNOWN) return;
    const oldest = [...this.#identities.keys()].find((one) => one.startsWith(OUTSIDE));
    if (oldest !== undefined) this.#identities.delete(oldest);
  }

  async #requireInside(path: string, below: Below, real: string): Promise<void> {
    if (this.#follows !== "inside" || (await this.#isInside(below, real))) return;
    const root = this.#roots[below.root];
    throw new LocalFileError(
      path,
      `leads out of ${root} through a symbolic link; use --links follow-all to follow it`,
    );
  }

  async #isInside({ root: index }: Below, real: string): Promise<boolean> {
    await using root = await this.#enter(this.#wanted("", { root: index, names: [] }));
    return real === root.realPath || real.startsWith(root.realPath.replace(/\/*$/, "/"));
  }

  #drop(key: string, directory: Promise<Directory>): void {
    if (this.#open.get(key) === directory) this.#open.delete(key);
    directory.then((one) => one.drop()).catch(() => {});
  }

  /** Closes a directory that is entered from the root, and may be another one when it is entered again. */
  #leave(key: string): void {
    const directory = this.#open.get(key);
    if (directory !== undefined) this.#drop(key, directory);
    this.#identities.delete(key);
  }

  #leaveAll(): void {
    this.#idle = undefined;
    for (const key of this.#leavable()) this.#leave(key);
  }

  /**
   * Open directories that need not stay open, the oldest first. Where no link is followed below the roots, one may have
   * led to a root and to what is outside: those are known as long as somebody is attached.
   */
  #leavable(): readonly string[] {
    const keys = [...this.#open.keys()];
    return this.#follows === "none" ? keys.filter(isBelow) : keys;
  }

  #above({ root, names }: Below): Wanted {
    return this.#wanted("", { root, names: names.slice(0, -1) });
  }

  /** @param path where it is not below a root */
  #wanted(path: string, below: Below | undefined): Wanted {
    if (below === undefined) return { key: OUTSIDE + withoutSlash(path), path, below };
    const { root, names } = below;
    return { key: [root, ...names].join("/"), path: names.reduce(joinPath, this.#roots[root] ?? ""), below };
  }

  /** What leads from a root to a path; undefined for what is below none. */
  #belowRoot(path: string): Below | undefined {
    for (const [root, begin] of this.#roots.entries()) {
      const names = namesBelow(begin, path);
      if (names !== undefined) return { root, names };
    }
    return undefined;
  }
}

/** Names from a root to a path; the empty root holds all relative ones. */
function namesBelow(root: string, path: string): readonly string[] | undefined {
  const begin = root.replace(/\/+$/, "");
  const isBelow = root === "" ? !path.startsWith("/") : path === begin || path.startsWith(`${begin}/`);
  if (!isBelow) return undefined;
  const names = path.slice(begin.length).split("/");
  const below = names.filter((name) => name !== "" && name !== ".");
  return below.includes("..") ? undefined : below;
}

/** Whether a directory is one below a root. */
function isBelow(key: string): boolean {
  return !key.startsWith(OUTSIDE) && key.includes("/");
}
