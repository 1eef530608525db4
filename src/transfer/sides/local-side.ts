import { constants, realpathSync } from "node:fs";
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  open,
  opendir,
  readlink,
  rename,
  rmdir,
  stat,
  symlink,
  unlink,
  utimes,
} from "node:fs/promises";
import { ALGORITHMS } from "../../ftp/digest.ts";
import { resolve } from "node:path";
import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import type { EntryKind, ListedTime, ListingEntry } from "../../ftp/listing/entry.ts";
import type { Presence } from "../../ftp/presence.ts";
import { messageOf } from "../../shared/errors.ts";
import { decodeText, encodeText } from "../../shared/octets.ts";
import { TransferError } from "../errors.ts";
import { localError } from "./local/errors.ts";
import { close, FileReader, FileWriter, openRegular } from "./local/streams.ts";
import { measureOf } from "./measure.ts";
import type { FileFacts, Reading, Side, Writing } from "./side.ts";

/** This machine's files as a side. */
export const localSide: Side = {
  name: "local",

  locate: (path) => `file://${realPath(resolve(path))}`,

  async ready() {},

  async facts(path) {
    const found = await said(path, stat(octetsOf(path)).catch(absent));
    return found === undefined ? undefined : factsOf(found);
  },

  async presence(asked) {
    return Promise.all(asked.map(({ path }) => presenceAt(path)));
  },

  async glance(path, _isTimed, _written, signal) {
    return this.facts(path, signal);
  },

  async *list(directory, _signal, _isStrict, ended) {
    const opened = await said(
      directory,
      opendir(octetsOf(directory), { encoding: "buffer" as BufferEncoding }),
    );
    for await (const entry of opened) {
      const name = decodeText(entry.name as unknown as Buffer);
      const path = octetsOf(joinPath(directory, name));
      const found = await said(joinPath(directory, name), lstat(path).catch(absent));
      if (found === undefined) continue;
      const linkTarget = found.isSymbolicLink()
        ? await readlink(path, { encoding: "buffer" as BufferEncoding }).catch(absent)
        : undefined;
      yield {
        name,
        ...factsOf(found),
        ...(linkTarget === undefined ? {} : { linkTarget: decodeText(linkTarget as unknown as Buffer) }),
      } satisfies ListingEntry;
    }
    ended?.(true);
  },

  async makeDirectory(path) {
    await said(path, makeDirectories(resolve(path)));
  },

  async replace(path, by) {
    await said(path, rename(octetsOf(by), octetsOf(path)));
    await syncDirectory(path);
  },

  async move(from, to) {
    if ((await lstat(octetsOf(to)).catch(absent)) !== undefined)
      throw new TransferError(`local: ${to}: something stands there already`, "never");
    await said(from, rename(octetsOf(from), octetsOf(to)));
  },

  async publish({ temporary, path, modifiedMs, aside }, _written, signal) {
    if (aside !== undefined) await this.move(path, aside, signal);
    if (modifiedMs !== undefined) await this.setModified(temporary, modifiedMs, signal);
    await this.replace(path, temporary, signal);
    return { isNamed: true };
  },

  async remove(path) {
    return said(
      path,
      unlink(octetsOf(path)).then(() => undefined, missing),
    );
  },

  async removeDirectory(path) {
    return said(
      path,
      rmdir(octetsOf(path)).then(() => undefined, missing),
    );
  },

  async makeLink(path, to) {
    await said(path, symlink(octetsOf(to), octetsOf(path)));
  },

  async setPermissions(path, bits) {
    await said(path, chmod(octetsOf(path), bits));
    return undefined;
  },

  async keepsTimes() {
    return true;
  },

  async refusalOf() {
    return undefined;
  },

  async setModified(path, atMs) {
    await said(path, utimes(octetsOf(path), new Date(), new Date(atMs)));
    return undefined;
  },

  async digests() {
    return ALGORITHMS.map((algorithm) => ({ algorithm, ranges: true }));
  },

  async digest(path, algorithm, { length }, signal) {
    const measure = measureOf(algorithm);
    const stream = new FileReader(path, await openRegular(path, constants.O_RDONLY), 0, length);
    for await (const chunk of stream) {
      signal.throwIfAborted();
      measure.update(chunk as Buffer);
    }
    return measure.value();
  },

  async read(path, restartAt): Promise<Reading> {
    const stream = new FileReader(path, await openRegular(path, constants.O_RDONLY), restartAt);
    return { stream, finish: async () => {}, [Symbol.asyncDispose]: () => close(stream) };
  },

  async write(path, restartAt, signal): Promise<Writing> {
    // A name of ours that leads elsewhere is somebody's trap.
    if (restartAt === 0) await this.remove(path, signal);
    const isNew = restartAt === 0 ? constants.O_CREAT | constants.O_EXCL : 0;
    const { file } = await openRegular(path, constants.O_WRONLY | constants.O_NOFOLLOW | isNew);
    const stream = new FileWriter(path, file, restartAt);
    return { stream, finish: async () => {}, [Symbol.asyncDispose]: () => close(stream) };
  },

  async close() {},
};

/** A link is there wherever it leads. */
async function presenceAt(path: string): Promise<Presence> {
  try {
    const found = await lstat(octetsOf(path)).catch(absent);
    return found === undefined
      ? { kind: "absent", seesLinks: true }
      : { kind: "present", as: factsOf(found).kind };
  } catch (error) {
    return { kind: "unknown", because: messageOf(error), isUnanswerable: false };
  }
}

/** Names on this machine are octets too. */
/** With the symbolic links of what is there already followed, so that one file has one location. */
function realPath(path: string): string {
  try {
    return decodeText(realpathSync(octetsOf(path), { encoding: "buffer" }));
  } catch {
    return path === parentOf(path) ? path : joinPath(realPath(parentOf(path)), nameOf(path));
  }
}

/** With all that is missing above it. Node's own way never ends where a directory stands that takes none (/proc). */
async function makeDirectories(path: string): Promise<void> {
  const isThere = async () => (await stat(octetsOf(path)).catch(absent))?.isDirectory() === true;
  if (path === parentOf(path) || (await isThere())) return;
  await makeDirectories(parentOf(path));
  try {
    await mkdir(octetsOf(path));
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!(await isThere())) throw error;
  }
}

function octetsOf(path: string): Buffer {
  return encodeText(path === "" ? "." : path);
}

interface Stat {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  readonly size: number;
  readonly mtimeMs: number;
  readonly mode: number;
}

function factsOf(found: Stat): FileFacts & { readonly permissions: number } {
  const modified: ListedTime = { atMs: Math.floor(found.mtimeMs), precision: "second", zone: "utc" };
  const kind: EntryKind = found.isFile()
    ? "file"
    : found.isDirectory()
      ? "directory"
      : found.isSymbolicLink()
        ? "link"
        : "other";
  return {
    kind,
    modified,
    permissions: found.mode & 0o7777,
    ...(kind === "file" ? { sizeBytes: found.size } : {}),
  };
}

/** What the system says of a path, in a sentence. */
async function said<T>(path: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw localError(path, error);
  }
}

/** The same, as an answer. */
function missing(error: NodeJS.ErrnoException): Error {
  absent(error);
  return error;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}

/** A rename is safe from a power cut only when its directory is written (fsync(2)). */
async function syncDirectory(path: string): Promise<void> {
  let directory: FileHandle | undefined;
  try {
    directory = await open(octetsOf(parentOf(path)), constants.O_RDONLY);
    await directory.sync();
  } catch {
    // Not every file system lets a directory be synchronised; the rename stands all the same.
  } finally {
    await directory?.close();
  }
}
