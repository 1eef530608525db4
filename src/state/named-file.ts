import {
  chmodSync,
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { ConfigError } from "../shared/errors.ts";
import { reasonAt } from "../shared/reason-at.ts";
import { deleteFile, passing, unique } from "./directory.ts";

const { O_APPEND, O_NONBLOCK, O_WRONLY } = constants;

/** Where a file that a person has named is: links are followed, as everybody follows them who writes a file. */
export interface Named {
  readonly path: string;
  /** Of the file that is there; undefined: there is none. */
  readonly mode: number | undefined;
}

/**
 * The file that a name stands for; undefined for what is no file and must not be replaced by one: a device, a pipe.
 * @throws ConfigError for a directory, and for standard output
 */
export function namedFile(file: string): Named | undefined {
  if (file === "-")
    throw new ConfigError(
      "is no file; standard output has the lines of the command (write ./- for a file of this name)",
      file,
    );
  return orFault(file, () => {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return { path: file, mode: undefined };
    if (found.isDirectory()) throw new ConfigError("is a directory", file);
    // What a descriptor leads to is open already, and others write there.
    if (!found.isFile() || /^\/(dev|proc)\//.test(file)) return undefined;
    return { path: realpathSync(file), mode: found.mode & 0o777 };
  });
}

/**
 * What comes of a run, in a file that a person has named: written at the beginning, so that a run that was killed shows
 * as one that has not ended, and again at the end, never by halves. A device or a pipe is written once, at the end.
 */
export class NamedOutput {
  readonly #file: string;
  /** Of a device or a pipe. */
  readonly #descriptor: number | undefined;

  /** @throws ConfigError where nothing can be written there */
  constructor(file: string) {
    this.#file = file;
    if (namedFile(file) === undefined) this.#descriptor = orFault(file, () => openDevice(file));
  }

  /** @throws ConfigError */
  begin(text: string | Uint8Array): void {
    if (this.#descriptor === undefined) this.#replace(text);
  }

  /** @throws ConfigError */
  end(text: string | Uint8Array): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return this.#replace(text);
    try {
      orFault(this.#file, () => writeFileSync(descriptor, text));
    } finally {
      closeSync(descriptor);
    }
  }

  #replace(text: string | Uint8Array): void {
    const { path, mode } = namedFile(this.#file) ?? { path: this.#file, mode: undefined };
    orFault(this.#file, () => replaceFile(path, text, mode));
  }
}

/** @throws the error of the system, where nobody reads from a pipe */
function openDevice(file: string): number {
  // That there is a reader is seen without waiting for one; then what does not fit into the pipe may wait.
  const first = openSync(file, O_WRONLY | O_APPEND | O_NONBLOCK);
  try {
    return openSync(file, O_WRONLY | O_APPEND);
  } finally {
    closeSync(first);
  }
}

function replaceFile(path: string, text: string | Uint8Array, mode: number | undefined): void {
  const aside = `${path}.${unique()}`;
  try {
    writeFileSync(aside, text, { mode: mode ?? 0o666, flag: "wx" });
    // What the umask takes away was there before.
    if (mode !== undefined) chmodSync(aside, mode);
    renameSync(aside, path);
  } catch (error) {
    passing(undefined, () => deleteFile(aside));
    throw error;
  }
}

function orFault<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`cannot be written: ${reasonAt(file, error)}`, file, error);
  }
}
