import { readdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { BusyError } from "../transfer/errors.ts";
import type { Begun, TargetClaim } from "../transfer/ledger.ts";
import { deleteFile, isCreated, passing, readText, writeWhole } from "./directory.ts";
import { Heartbeat, isHeardOf, sweepHeartbeats } from "./heartbeat.ts";
import { begunOf, type Entry, parseRecord, heldBy, isHeld, recordOf } from "./record.ts";
import { makeOwnDirectory, writingState } from "./state-error.ts";
import { hexDigest } from "../shared/hex-digest.ts";

/**
 * The right to write a single target, as one record for each that is being written or has a partial file. Creating
 * the file is taking the right.
 *
 * A record that nobody holds any more is taken over without its name ever being absent. Who wants it links a
 * record of his own under a name that follows from the text of that one (its successor; link(2) lets one do it),
 * looks whether the way from the record still leads to his, renames it over the record, and only then deletes
 * the dead successors in between. Why there is one writer: texts are never repeated, so a record that was
 * replaced never comes back; its successor's name is free again only after that, and who links it then finds
 * that the way from the record does not lead to him, and withdraws. While a successor stands, nobody who finds
 * its writer alive goes past it. A crash at any point leaves a way that ends in a dead record, which says what
 * was begun.
 */
export class FileClaims {
  readonly #folder: string;

  /** @param directory the state directory */
  constructor(directory: string) {
    this.#folder = join(directory, "transfers");
    makeOwnDirectory(this.#folder);
    sweep(this.#folder);
    sweepHeartbeats(directory);
  }

  /** @throws BusyError where somebody has it */
  take(key: string, fresh: Begun): TargetClaim {
    return claim(this.#fileOf(key), fresh);
  }

  /** Records a partial file that nobody writes any more, unless something is recorded of that target. */
  leave(key: string, record: string): void {
    isCreated(this.#fileOf(key), record);
  }

  /** The targets of which something is recorded. */
  keys(): Set<string> {
    const names = readdirSync(this.#folder).map((name) => /^(.+)\.json$/.exec(name)?.[1]);
    return new Set(names.filter((key) => key !== undefined));
  }

  #fileOf(key: string): string {
    return join(this.#folder, `${key}.json`);
  }
}

/** The state directory that a record is in. */
function directoryOf(file: string): string {
  return dirname(dirname(file));
}

function claim(file: string, fresh: Begun): TargetClaim {
  const heartbeat = Heartbeat.of(directoryOf(file));
  heartbeat.begin();
  for (;;) {
    // Nearly always there is none; to look first would cost another system call.
    const record = recordOf(fresh, false, heartbeat.id);
    if (isCreated(file, record))
      return claimOf(file, record, { begun: undefined, mayHaveLeft: false, arrivedBy: undefined }, fresh);
    const way = wayFrom(file);
    const last = way.at(-1);
    if (last === undefined) continue;
    if (last.entry !== undefined && isBusy(last)) throw new BusyError(heldBy(last.entry));
    const begun = last.entry && begunOf(last.entry);
    const own = recordOf(begun, false, heartbeat.id);
    const arrivedBy = last.entry?.arrivedBy;
    if (isTakenOver(file, way, last, own))
      return claimOf(file, own, { begun, mayHaveLeft: true, arrivedBy }, begun);
  }
}

/**
 * Deletes what processes that were killed left beside the records: what they had not linked yet, and successors
 * to which no way leads. Such a one never counts again, since it is not on a way now and texts do not come back.
 * What cannot be read was killed in the middle, or is being written at this moment, and then is written again.
 */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, record] = /^(.+\.json)\../.exec(name) ?? [];
    const file = join(folder, name);
    if (record === undefined) {
      forget(file);
      continue;
    }
    const entry = parseRecord(readText(file) ?? "");
    if (entry !== undefined && isBusy({ name: file, text: "", entry })) continue;
    const way = wayFrom(join(folder, record));
    if (way.every((standing) => standing.name !== file)) deleteFile(file);
  }
}

/** A record of which nobody has asked for so long is of a file that nobody copies any more. */
const FORGOTTEN_MS = 30 * 86_400_000;

/** Deletes an old record, by the way of everybody who wants it: whoever has it meanwhile keeps it. */
function forget(file: string): void {
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {};
  if (mtimeMs === undefined || Date.now() - mtimeMs < FORGOTTEN_MS) return;
  try {
    void claim(file, { source: "" }).release(false);
  } catch (error) {
    if (!(error instanceof BusyError)) throw error;
  }
}

/** A record, or the successor of one. */
interface Standing {
  readonly name: string;
  readonly text: string;
  /** Undefined for one that cannot be read. */
  readonly entry: Entry | undefined;
}

/** The record and its successors, as far as they are dead; the last one is who has the right, or had it. */
function wayFrom(file: string): readonly Standing[] {
  const way: Standing[] = [];
  for (let name = file; ; ) {
    const text = readText(name);
    if (text === undefined) return way;
    const standing = { name, text, entry: parseRecord(text) };
    way.push(standing);
    if (isBusy(standing)) return way;
    name = successorOf(file, text);
  }
}

function successorOf(file: string, text: string): string {
  return `${file}.after-${hexDigest(text, 32)}`;
}

/** Whether our record is now the one that counts; see {@link FileClaims}. */
function isTakenOver(file: string, way: readonly Standing[], last: Standing, own: string): boolean {
  const name = successorOf(file, last.text);
  if (!isCreated(name, own)) return false;
  let isOurs = false;
  try {
    isOurs = wayFrom(file).at(-1)?.text === own;
    if (isOurs) renameSync(name, file);
  } catch (error) {
    isOurs = false;
    throw error;
  } finally {
    if (!isOurs) abandoning(own, () => deleteFile(name));
  }
  for (const dead of way.slice(1)) passing(undefined, () => deleteFile(dead.name));
  return isOurs;
}

function claimOf(
  file: string,
  own: string,
  found: Pick<TargetClaim, "begun" | "mayHaveLeft" | "arrivedBy">,
  first: Begun | undefined,
): TargetClaim {
  const heartbeat = Heartbeat.of(directoryOf(file));
  const { lapses } = heartbeat;
  let [standing, recorded] = [own, first];
  // Who was believed dead in between may find that another has it.
  const isOurs = () => heartbeat.lapses === lapses || readText(file) === standing;
  const requireHeld = () => {
    if (!isOurs())
      throw new BusyError(
        "this process was suspended for so long that another process is now writing this target",
      );
  };
  return {
    ...found,
    requireHeld,
    async begin(now) {
      requireHeld();
      const next = recordOf(now, false, heartbeat.id);
      writingState(directoryOf(file), () => writeWhole(file, next));
      [standing, recorded] = [next, now];
    },
    async release(kept, arrivedBy) {
      abandoning(standing, () => {
        if (!isOurs()) return;
        if (kept) writeWhole(file, recordOf(recorded, true, heartbeat.id, arrivedBy));
        else deleteFile(file);
      });
    },
  };
}

/** Records of this process that it holds no longer, and could not give back. */
const ABANDONED = new Set<string>();

/** What cannot be written or deleted is left to whoever comes next. */
function abandoning(own: string, giveBack: () => void): void {
  try {
    giveBack();
  } catch {
    ABANDONED.add(own);
  }
}

function isBusy({ name, text, entry }: Standing): boolean {
  if (entry === undefined || ABANDONED.has(text)) return false;
  return isHeld(entry, (heartbeat) => isHeardOf(directoryOf(name), heartbeat));
}
