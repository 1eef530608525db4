import { constants, realpathSync } from "node:fs";
import {
  type FileHandle,
  lstat,
  lutimes,
  open,
  opendir,
  readlink,
  rename,
  rmdir,
  stat,
  symlink,
  unlink,
} from "node:fs/promises";
import { resolve } from "node:path";
import { ALGORITHMS, type Algorithm } from "../../ftp/session/digest.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import type { NameQuery, Presence } from "../../ftp/session/names/presence.ts";
import type { SymbolicLinks } from "../../ftp/session/names/unlink.ts";
import { messageOf } from "../../shared/errors.ts";
import { UTF8_NAMES } from "../../ftp/charset/name-codec.ts";
import { decodeText, encodeText } from "../../shared/octets.ts";
import { setMode } from "./local/directory.ts";
import { absentAs, asDirectoryThere, LocalFileError, localError, saysAbsent } from "./local/errors.ts";
import { factsOfStat, refusalToReplace } from "./local/facts.ts";
import { close, FileReader, FileWriter, type OpenFile, openRegular } from "./local/streams.ts";
import { type Entered, LocalTree, type TreeOptions } from "./local/tree.ts";
import { measureOf } from "./measure.ts";
import type { DigestRange, FileFacts, Published, Publishing, ByteSource, Side, Writing } from "./side.ts";

/** This machine's files as a side: a tree, or whatever a path leads to. Nothing is ever waited for but the disk. */
export class LocalSide implements Side {
  readonly kind = "local";
  readonly name = "local";
  readonly names = UTF8_NAMES;
  readonly #tree: LocalTree;

  /** @param tree one of several sides, which hold its directories open together; or what is made one of its own */
  constructor(tree: LocalTree | TreeOptions = { roots: [], follows: "all" }) {
    this.#tree = tree instanceof LocalTree ? tree : new LocalTree(tree);
    this.#tree.attach(this);
  }

  locate(path: string): string {
    return `file://${realPath(resolve(path))}`;
  }

  async ready(): Promise<void> {
    this.#tree.attach(this);
  }

  async facts(path: string): Promise<FileFacts | undefined> {
    return absentAs(undefined, () => this.#beside(path, async (at) => factsOfStat(await stat(at))));
  }

  async presence(asked: readonly NameQuery[]): Promise<readonly Presence[]> {
    return Promise.all(asked.map(({ path }) => this.#presenceAt(path)));
  }

  async glance(path: string): Promise<FileFacts | undefined> {
    return this.facts(path);
  }

  async *list(
    directory: string,
    _signal?: AbortSignal,
    _isStrict?: boolean,
    ended?: (isWhole: boolean) => void,
  ): AsyncGenerator<ListingEntry> {
    await using here = await withReason(directory, this.#tree.directory(directory));
    const opened = await withReason(
      directory,
      opendir(here.at(""), { encoding: "buffer" as BufferEncoding }),
    );
    for await (const entry of opened) {
      const name = decodeText(entry.name as unknown as Buffer);
      const listed = await withReason(joinPath(directory, name), this.#entryOf(here, directory, name));
      if (listed !== undefined) yield listed;
    }
    ended?.(true);
  }

  async makeDirectory(path: string): Promise<void> {
    await withReason(path, this.#tree.make(path));
  }

  async replace(path: string, by: string): Promise<void> {
    await this.#rename(by, path).catch(asDirectoryThere(path));
    await withReason(path, this.#syncParent(path));
  }

  async move(from: string, to: string): Promise<void> {
    const existing = await absentAs(undefined, () => this.#beside(to, (at) => lstat(at)));
    if (existing !== undefined) throw new LocalFileError(to, "already exists");
    await this.#rename(from, to);
    this.#tree.forget(from);
  }

  async publish({ temporary, path, modifiedMs, aside }: Publishing): Promise<Published> {
    if (aside !== undefined) await this.move(path, aside);
    if (modifiedMs !== undefined) await this.setModified(temporary, modifiedMs);
    await this.replace(path, temporary);
    return { isNamed: true };
  }

  async remove(path: string): Promise<Error | undefined> {
    return this.#gone(path, unlink);
  }

  async removeDirectory(path: string): Promise<Error | undefined> {
    const missing = await this.#gone(path, rmdir);
    this.#tree.forget(path);
    return missing;
  }

  /** Listings here show links as what they are. */
  async unlink(): Promise<boolean> {
    return false;
  }

  async linksIn(): Promise<SymbolicLinks> {
    return new Map();
  }

  async makeLink(path: string, to: string): Promise<void> {
    await this.#beside(path, (at) => symlink(encodeText(to), at));
  }

  async setPermissions(path: string, bits: number): Promise<string | undefined> {
    await this.#beside(path, (at) => setMode(at, path, bits));
    return undefined;
  }

  async keepsTimes(): Promise<boolean> {
    return true;
  }

  refusalOfTarget(path: string): Promise<string | undefined> {
    return refusalToReplace(path, () => this.facts(path));
  }

  async areOneName(): Promise<boolean> {
    return false;
  }

  async setModified(path: string, atMs: number): Promise<string | undefined> {
    await this.#beside(path, (at) => lutimes(at, new Date(), new Date(atMs)));
    return undefined;
  }

  async digests() {
    return ALGORITHMS.map((algorithm) => ({ algorithm, ranges: true }));
  }

  async digest(
    path: string,
    algorithm: Algorithm,
    { length }: DigestRange,
    signal: AbortSignal,
  ): Promise<string> {
    const measure = measureOf(algorithm);
    const stream = new FileReader(path, await this.#openToRead(path), 0, length);
    for await (const chunk of stream) {
      signal.throwIfAborted();
      measure.update(chunk as Buffer);
    }
    return measure.value();
  }

  async read(path: string, restartAt: number): Promise<ByteSource> {
    const stream = new FileReader(path, await this.#openToRead(path), restartAt);
    return { stream, finish: async () => {}, [Symbol.asyncDispose]: () => close(stream) };
  }

  /** The file is written through to the disk before it is closed. */
  async write(path: string, restartAt: number): Promise<Writing> {
    // A name of ours that leads elsewhere is somebody's trap.
    if (restartAt === 0) await this.remove(path);
    return this.#writing(path, restartAt, restartAt === 0 ? constants.O_CREAT | constants.O_EXCL : 0);
  }

  async writeInto(path: string, at: number): Promise<Writing> {
    return this.#writing(path, at, 0);
  }

  async close(): Promise<void> {
    this.#tree.detach(this);
  }

  async #writing(path: string, from: number, isNew: number): Promise<Writing> {
    const { file } = await this.#beside(path, (at) =>
      openRegular(path, constants.O_WRONLY | constants.O_NOFOLLOW | isNew, at),
    );
    const stream = new FileWriter(path, file, from);
    let isNamed = false;
    const store = async () => {
      await withReason(path, file.datasync());
      // A file that is new is safe from a power cut only when its name is written as well (fsync(2)).
      if (!isNamed) await this.#syncParent(path);
      isNamed = true;
    };
    return { stream, finish: async () => {}, store, [Symbol.asyncDispose]: () => close(stream) };
  }

  /** Acts on a path: on a name in the directory that was entered for it, whatever has its path by now. */
  async #beside<T>(path: string, act: (at: Buffer) => Promise<T>): Promise<T> {
    try {
      await using parent = await this.#tree.parent(path);
      return await act(parent.at(nameOf(path)));
    } catch (error) {
      throw localError(path, error);
    }
  }

  #openToRead(path: string): Promise<OpenFile> {
    return this.#beside(path, async (at) => {
      const noLink = this.#tree.followsLinks ? 0 : constants.O_NOFOLLOW;
      const opened = await openRegular(path, constants.O_RDONLY | noLink, at);
      try {
        await this.#tree.requireInside(path, opened.file, at);
        return opened;
      } catch (error) {
        await opened.file.close();
        throw error;
      }
    });
  }

  async #entryOf(here: Entered, directory: string, name: string): Promise<ListingEntry | undefined> {
    const at = here.at(name);
    const found = await absentAs(undefined, () => lstat(at));
    if (found === undefined) return undefined;
    const facts = { name, ...factsOfStat(found) };
    if (!found.isSymbolicLink()) return facts;
    const to = await absentAs(undefined, () => readlink(at, { encoding: "buffer" }));
    const linkTarget = to === undefined ? {} : { linkTarget: decodeText(to) };
    const leadsOut = await this.#tree.leadsOut(joinPath(directory, name), at);
    return { ...facts, ...linkTarget, ...(leadsOut ? { leadsOut } : {}) };
  }

  /** A link is there wherever it leads. */
  async #presenceAt(path: string): Promise<Presence> {
    try {
      const found = await absentAs(undefined, () => this.#beside(path, (at) => lstat(at)));
      return found === undefined
        ? { kind: "absent", seesLinks: true }
        : { kind: "present", as: factsOfStat(found).kind };
    } catch (error) {
      return { kind: "unknown", because: messageOf(error), isUnanswerable: false };
    }
  }

  /** @returns the error that says that nothing was there */
  async #gone(path: string, act: (at: Buffer) => Promise<void>): Promise<Error | undefined> {
    try {
      await this.#beside(path, act);
      return undefined;
    } catch (error) {
      if (error instanceof LocalFileError && saysAbsent(error)) return error;
      throw error;
    }
  }

  async #rename(from: string, to: string): Promise<void> {
    await this.#beside(to, (there) => this.#beside(from, (here) => rename(here, there)));
  }

  /** A rename is safe from a power cut only when its directory is written (fsync(2)). */
  async #syncParent(path: string): Promise<void> {
    await using parent = await this.#tree.parent(path);
    let directory: FileHandle | undefined;
    try {
      directory = await open(parent.at(""), constants.O_RDONLY);
      await directory.sync();
    } catch {
      // Not every file system lets a directory be synchronised; the rename is done all the same.
    } finally {
      await directory?.close();
    }
  }
}

/** With the symbolic links of what is there already followed, so that one file has one location. */
function realPath(path: string): string {
  try {
    return decodeText(realpathSync(encodeText(path), { encoding: "buffer" }));
  } catch {
    return path === parentOf(path) ? path : joinPath(realPath(parentOf(path)), nameOf(path));
  }
}

/** The result; an error of the system becomes a sentence about the path. */
async function withReason<T>(path: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw localError(path, error);
  }
}
