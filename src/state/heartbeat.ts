import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deleteFile, passing, unique } from "./directory.ts";
import { makeOwnDirectory } from "./state-error.ts";

/** How long a process is believed to live without a sign of it, where nothing else can be asked. */
export const LEASE_MS = 30_000;
/** How often it gives one. */
const BEAT_MS = 5_000;
/** So much earlier it asks whether what it had is still its own. */
const MARGIN_MS = 10_000;
/** A file of a process that gave no sign for so long is of no use to anybody. */
const FORGOTTEN_MS = 86_400_000;

/**
 * Signs of life of this process, for those who share its state directory and cannot see its processes: other
 * containers, other machines. A file of its own in `alive/`, touched as long as it lives, and deleted when it ends.
 */
export class Heartbeat {
  readonly id = unique();
  readonly #folder: string;
  #beatMs = 0;
  #lapses = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(directory: string) {
    this.#folder = folderOf(directory);
  }

  /** The one of this process in that directory. */
  static of(directory: string): Heartbeat {
    const known = heartbeats.get(directory);
    if (known !== undefined) return known;
    if (heartbeats.size === 0) process.once("exit", () => endAll());
    const made = new Heartbeat(directory);
    heartbeats.set(directory, made);
    return made;
  }

  /** How often it may have been believed dead since it began: what it held before may be another's. */
  get lapses(): number {
    if (Date.now() - this.#beatMs > LEASE_MS - MARGIN_MS) this.#beat();
    return this.#lapses;
  }

  /** Before anything is held. @throws Error where it cannot be written */
  begin(): void {
    if (this.#timer !== undefined) return;
    makeOwnDirectory(this.#folder);
    this.#write();
    this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#timer !== undefined) passing(undefined, () => deleteFile(join(this.#folder, this.id)));
    this.#timer = undefined;
  }

  #beat(): void {
    // A process that was stopped, or whose clock was set, cannot know what others have done meanwhile.
    if (Date.now() - this.#beatMs > LEASE_MS - MARGIN_MS) this.#lapses += 1;
    passing(undefined, () => this.#write());
  }

  #write(): void {
    const nowMs = Date.now();
    const file = join(this.#folder, this.id);
    const isThere = passing("ENOENT", () => (utimesSync(file, nowMs / 1_000, nowMs / 1_000), true));
    if (isThere !== true) writeFileSync(file, "", { mode: 0o600 });
    this.#beatMs = nowMs;
  }
}

const heartbeats = new Map<string, Heartbeat>();

function endAll(): void {
  for (const heartbeat of heartbeats.values()) heartbeat.end();
}

/** Whether a process that shares this directory gave a sign lately. */
export function isHeardOf(directory: string, id: string): boolean {
  const { mtimeMs } = statSync(join(folderOf(directory), id), { throwIfNoEntry: false }) ?? {};
  return mtimeMs !== undefined && Date.now() - mtimeMs < LEASE_MS;
}

/** Deletes what processes left that were killed long ago. */
export function sweepHeartbeats(directory: string): void {
  const folder = folderOf(directory);
  for (const name of passing("ENOENT", () => readdirSync(folder)) ?? []) {
    const { mtimeMs } = statSync(join(folder, name), { throwIfNoEntry: false }) ?? {};
    if (mtimeMs !== undefined && Date.now() - mtimeMs > FORGOTTEN_MS) deleteFile(join(folder, name));
  }
}

function folderOf(directory: string): string {
  return join(directory, "alive");
}
