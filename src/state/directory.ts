import { randomBytes } from "node:crypto";
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { requireOwn } from "../shared/trust/trusted.ts";
import { makeOwnDirectory } from "./state-error.ts";

// All of it is small, and on this machine: the system call costs less than the way to a thread that would make it.

/**
 * Where what outlives a run is kept: `$FXPD_STATE`, else `fxpd` in `$XDG_STATE_HOME`, else in `~/.local/state`.
 */
export function stateDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const { FXPD_STATE, XDG_STATE_HOME } = environment;
  return FXPD_STATE || join(XDG_STATE_HOME || join(homedir(), ".local/state"), "fxpd");
}

/**
 * Where records lie that decide what is resumed, kept and believed, and the key of this machine.
 * @throws ConfigError where the directory is somebody else's, or others may write there
 */
export function requireOwnState(directory: string): void {
  requireOwn(directory, undefined, false);
}

/** {@link stateDirectory}, for whoever is going to read or write there. @throws as {@link requireOwnState} */
export function ownStateDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const directory = stateDirectory(environment);
  requireOwnState(directory);
  return directory;
}

/**
 * Letters and digits by which this directory's temporary files are known; made when it is first asked for.
 * A file that was spoilt stays, and all agree on the next one: nobody deletes what another has read.
 */
export function ownerOf(directory: string): string {
  makeOwnDirectory(directory);
  for (let turn = 0; ; turn += 1) {
    const file = join(directory, turn === 0 ? "owner" : `owner.${turn}`);
    const made = randomBytes(4).toString("hex");
    const owner = readText(file) ?? (isCreated(file, made) ? made : readText(file));
    if (owner !== undefined && /^[0-9a-z]{4,16}$/.test(owner.trim())) return owner.trim();
  }
}

/** Writes a file so that nobody ever sees half of it. */
export function writeWhole(file: string, text: string | Uint8Array): void {
  againWhereSwept(() => {
    const aside = writeAside(file, text);
    try {
      renameSync(aside, file);
    } catch (error) {
      deleteFile(aside);
      throw error;
    }
  });
}

/** Makes a file with all that is in it, or not at all. @returns whether there was none of this name */
export function isCreated(file: string, text: string): boolean {
  return againWhereSwept(() => {
    const aside = writeAside(file, text);
    try {
      return passing("EEXIST", () => (linkSync(aside, file), true)) === true;
    } finally {
      deleteFile(aside);
    }
  });
}

function writeAside(file: string, text: string | Uint8Array): string {
  const aside = `${file}.${unique()}`;
  try {
    writeFileSync(aside, text, { mode: 0o600 });
    return aside;
  } catch (error) {
    passing(undefined, () => deleteFile(aside));
    throw error;
  }
}

/** A process that sweeps may take a file that is half written for one that a killed process has left. */
function againWhereSwept<T>(write: () => T): T {
  for (;;) {
    try {
      return write();
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" || (syscall !== "rename" && syscall !== "link")) throw error;
    }
  }
}

/** A process that writes aside is done with it long before; see {@link sweepAsides}. */
const ASIDE_MS = 3_600_000;

/**
 * Deletes what processes that were killed while they wrote a whole file have left in a folder of the state directory. What
 * cannot be deleted stays: nobody is stopped by it.
 */
export function sweepAsides(folder: string): void {
  for (const name of passing(undefined, () => readdirSync(folder)) ?? []) {
    if (!/.\.[0-9a-f]{16}[0-9a-z]+$/.test(name)) continue;
    passing(undefined, () => {
      const file = join(folder, name);
      if (Date.now() - statSync(file).mtimeMs > ASIDE_MS) unlinkSync(file);
    });
  }
}

/** Letters and digits that nobody has used before. */
export function unique(): string {
  count += 1;
  ownLetters ??= randomBytes(8).toString("hex");
  return `${ownLetters}${count.toString(36)}`;
}

let ownLetters: string | undefined;
let count = 0;

/** Undefined when there is no such file. */
export function readText(file: string): string | undefined {
  // An error that is thrown and caught costs more than to look twice.
  return existsSync(file) ? passing("ENOENT", () => readFileSync(file, "utf8")) : undefined;
}

/** Harmless where there is none. */
export function deleteFile(file: string): void {
  passing("ENOENT", () => unlinkSync(file));
}

/** Passes over the errors of this code, or over all where none is given. */
export function passing<T>(code: string | undefined, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (code !== undefined && (error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  }
}
