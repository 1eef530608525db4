import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import type { Begun } from "../transfer/ledger.ts";
import type { DataPath } from "../transfer/move/data-path.ts";
import { rangeSetOf } from "../transfer/move/segments/ranges.ts";
import { passing, unique } from "./directory.ts";
import { FingerprintRow } from "./fingerprint.ts";
import { LEASE_MS } from "./heartbeat.ts";
import { parseRow } from "./json-row.ts";

/** {@link Begun} as it is written down. */
export const Begins = z.object({
  source: z.string(),
  ...FingerprintRow.shape,
  over: z.union([z.number(), z.literal("nothing"), z.literal("unknown")]).optional(),
  written: z
    .array(z.object({ from: z.number(), to: z.number() }))
    .refine((ranges) => rangeSetOf(ranges) !== undefined)
    .readonly()
    .optional(),
});

const Entry = z.object({
  machine: z.string(),
  process: z.number().int(),
  /** When that process began, so that another one with its number is not taken for it. */
  since: z.string(),
  /** Where its number means something: since which start of a system, in which container. Absent where not known. */
  boot: z.string().optional(),
  namespace: z.string().optional(),
  /** By which those who cannot see that process hear of it. */
  heartbeat: z.string().optional(),
  /** Whether the process had given the right back. */
  isFree: z.boolean(),
  /** Absent where it is not known what was begun. */
  begun: Begins.optional(),
  /** Written when the right is given back, and not taken over by whoever is next. */
  arrivedBy: z
    .object({
      by: z.enum(["third-party", "relay", "server-side"]).nullable(),
      method: z.string().nullable(),
      protected: z.boolean().nullable(),
    })
    .optional()
    .catch(undefined),
});

/** What a record says: who writes a target, or wrote it, and what was begun there. */
export type Entry = z.infer<typeof Entry>;

const HERE = {
  machine: hostname(),
  process: process.pid,
  since: sinceWhen(process.pid) ?? "",
  // random(4) and pid_namespaces(7); only Linux has them.
  boot: passing(undefined, () => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()),
  namespace: passing(undefined, () => readlinkSync("/proc/self/ns/pid")),
};

/**
 * A record of this process. No two are the same, so that the text of one tells it from all others.
 * @param heartbeat by which others hear of this process
 */
export function recordOf(
  begun: Begun | undefined,
  isFree: boolean,
  heartbeat: string,
  arrivedBy?: DataPath,
): string {
  const entry = { ...HERE, heartbeat, isFree, begun, arrivedBy, nonce: unique() };
  return `${JSON.stringify(entry satisfies Entry & { nonce: string })}\n`;
}

/** Undefined for a record that says nothing: cut off by a loss of power, or of another form. */
export function parseRecord(text: string): Entry | undefined {
  return parseRow(Entry, text);
}

export function begunOf({ begun }: Entry): Begun | undefined {
  return begun && asBegun(begun);
}

export function asBegun(begun: z.infer<typeof Begins>): Begun {
  const { source, sizeBytes, modifiedMs, over, written } = begun;
  return {
    source,
    ...(over === undefined ? {} : { over }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(modifiedMs === undefined ? {} : { modifiedMs }),
    ...(written === undefined ? {} : { written }),
  };
}

/**
 * Whether whoever wrote a record still has the right. A process that we can see lives or not; of another
 * container's, another machine's, or an earlier start of this one's, only its signs of life can be known.
 * @param isHeardOf whether there was one of this heartbeat lately
 */
export function isHeld(entry: Entry, isHeardOf: (heartbeat: string) => boolean): boolean {
  const { process: number, since, isFree, heartbeat } = entry;
  if (isFree) return false;
  if (isSeenFromHere(entry)) return isAlive(number) && (sinceWhen(number) ?? since) === since;
  return heartbeat !== undefined && isHeardOf(heartbeat);
}

/** The name of a machine says nothing of that: containers have names of their own, and may share processes or not. */
function isSeenFromHere({ machine, boot, namespace }: Entry): boolean {
  if (boot === undefined || namespace === undefined) return machine === HERE.machine;
  return boot === HERE.boot && namespace === HERE.namespace;
}

/** Who holds a record, and what can be done about it, for a person. */
export function heldBy(entry: Entry): string {
  const { machine, process: number } = entry;
  if (!isSeenFromHere(entry))
    return (
      `process ${number} on ${machine} is writing this target; ` +
      `if it was killed, the target becomes free ${LEASE_MS / 1_000} s later: try again then`
    );
  if (number === HERE.process) return "another transfer is writing this target; wait for it to finish";
  return `process ${number} is writing this target; wait for it to finish, or stop it`;
}

function isAlive(number: number): boolean {
  try {
    return process.kill(number, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The start time of a process in clock ticks since the machine's start (proc(5)); undefined without /proc. */
function sinceWhen(number: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${number}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")")).split(" ")[20];
  } catch {
    return undefined;
  }
}
