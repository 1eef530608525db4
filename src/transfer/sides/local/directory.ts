import { constants, existsSync, readlinkSync } from "node:fs";
import { chmod, type FileHandle, lstat, open, realpath, stat } from "node:fs/promises";
import { decodeText, encodeText } from "../../../shared/octets.ts";
import { LocalFileError } from "./errors.ts";

/**
 * Opens a directory for what is below it and for nothing else, so that it need not be readable (open(2)). Node has no
 * name for it; it is the same on all kinds of Linux that Node runs on.
 */
const O_PATH = 0o10000000;
const DIRECTORY = O_PATH | constants.O_DIRECTORY;

/** Whether names can be looked up below an open directory, as openat(2) does it: `/proc/self/fd/N/name`. */
export const HAS_DESCRIPTOR_PATHS = process.platform === "linux" && existsSync("/proc/self/fd");

/** A directory that was entered: names are looked up in it, and not in what has its path now. */
export class Directory {
  /** Device and inode: another directory has others. */
  readonly identity: string;
  /** Where it lies, without symbolic links. */
  readonly realPath: string;
  readonly #path: string;
  readonly #file: FileHandle | undefined;
  #users = 0;
  #isDropped = false;

  private constructor(path: string, file: FileHandle | undefined, identity: string, realPath: string) {
    this.#path = path === "" ? "." : path;
    this.#file = file;
    this.identity = identity;
    this.realPath = realPath;
  }

  /**
   * Opens a directory.
   * @param at where it is found
   * @param path what it is called
   * @param follows whether a symbolic link may lead to it
   * @throws LocalFileError for a link where none is followed; what the system says
   */
  static async open(at: Buffer, path: string, follows: boolean, hasPaths: boolean): Promise<Directory> {
    if (!hasPaths) return Directory.#look(at, path, follows);
    let file: FileHandle | undefined;
    try {
      file = await open(at, DIRECTORY | (follows ? 0 : constants.O_NOFOLLOW));
      return new Directory(path, file, identityOf(await file.stat()), realPathOf(file));
    } catch (error) {
      await file?.close();
      if (!follows && (await isLink(at))) throw linkInTheWay(path);
      throw error;
    }
  }

  /** Without descriptors there is a moment between the look and what is done then. */
  static async #look(at: Buffer, path: string, follows: boolean): Promise<Directory> {
    if (!follows && (await isLink(at))) throw linkInTheWay(path);
    const found = await stat(at);
    if (!found.isDirectory()) throw Object.assign(new Error("ENOTDIR"), { code: "ENOTDIR", errno: -20 });
    return new Directory(path, undefined, identityOf(found), decodeText(await realpath(at, BUFFER)));
  }

  /** The path of a name in this directory; empty: of the directory itself. */
  at(name: string): Buffer {
    const here =
      this.#file === undefined ? encodeText(this.#path) : Buffer.from(`/proc/self/fd/${this.#file.fd}`);
    return Buffer.concat([here, Buffer.from("/"), encodeText(name === "" ? "." : name)]);
  }

  /** Whether it lies where it was entered. */
  get isInPlace(): boolean {
    return this.#file !== undefined && realPathOf(this.#file) === this.realPath;
  }

  /** @returns false where it is closed already */
  use(): boolean {
    if (this.#isDropped) return false;
    this.#users += 1;
    return true;
  }

  get isUsed(): boolean {
    return this.#users > 0;
  }

  async giveBack(): Promise<void> {
    this.#users -= 1;
    if (this.#isDropped && this.#users === 0) await this.#file?.close();
  }

  /** Closes it as soon as nobody uses it. */
  async drop(): Promise<void> {
    if (this.#isDropped) return;
    this.#isDropped = true;
    if (this.#users === 0) await this.#file?.close();
  }
}

const BUFFER = { encoding: "buffer" } as const;

/** Where an open file or directory lies at this moment (proc(5)): a look into memory, and into no disk. */
export function realPathOf({ fd }: FileHandle): string {
  return decodeText(readlinkSync(`/proc/self/fd/${fd}`, BUFFER));
}

/** Sets permission bits, of nothing that a link leads to: chmod(2) would follow it. */
export async function setMode(at: Buffer, path: string, bits: number): Promise<void> {
  const file = HAS_DESCRIPTOR_PATHS ? await open(at, O_PATH | constants.O_NOFOLLOW) : undefined;
  try {
    const found = await (file?.stat() ?? lstat(at));
    if (found.isSymbolicLink()) throw new LocalFileError(path, "has been replaced by a symbolic link");
    await chmod(file === undefined ? at : `/proc/self/fd/${file.fd}`, bits);
  } finally {
    await file?.close();
  }
}

function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

async function isLink(at: Buffer): Promise<boolean> {
  return (await lstat(at).catch(() => undefined))?.isSymbolicLink() === true;
}

function linkInTheWay(path: string): LocalFileError {
  return new LocalFileError(
    path,
    "is a symbolic link instead of a directory; fxpd does not read or write through it",
  );
}
