import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import type { Begun } from "../transfer/ledger.ts";
import { unique } from "./directory.ts";

const Entry = z.object({
  machine: z.string(),
  process: z.number().int(),
  /** When that process began, so that another one with its number is not taken for it. */
  since: z.string(),
  /** Whether the process had given the right back. */
  isFree: z.boolean(),
  /** Absent where it is not known what was begun. */
  begun: z
    .object({ source: z.string(), sizeBytes: z.number().optional(), modifiedMs: z.number().optional() })
    .optional(),
});

/** What a record says: who writes a target, or wrote it, and what was begun there. */
export type Entry = z.infer<typeof Entry>;

const HERE = { machine: hostname(), process: process.pid, since: sinceWhen(process.pid) ?? "" };

/** A record of this process. No two are the same, so that the text of one tells it from all others. */
export function recordOf(begun: Begun | undefined, isFree: boolean): string {
  const { machine, process: number, since } = HERE;
  const entry = { machine, process: number, since, isFree, begun, nonce: unique() };
  return `${JSON.stringify(entry satisfies Entry & { nonce: string })}\n`;
}

/** Undefined for a record that says nothing: cut off by a loss of power, or of another form. */
export function entryOf(text: string): Entry | undefined {
  try {
    return Entry.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function begunOf({ begun }: Entry): Begun | undefined {
  if (begun === undefined) return undefined;
  const { source, sizeBytes, modifiedMs } = begun;
  return {
    source,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(modifiedMs === undefined ? {} : { modifiedMs }),
  };
}

/** Of another machine's processes we cannot know; they are believed to live. */
export function isHeld({ machine, process: number, since, isFree }: Entry): boolean {
  if (isFree) return false;
  if (machine !== HERE.machine) return true;
  return isAlive(number) && (sinceWhen(number) ?? since) === since;
}

/** Who holds a record, for a person. */
export function holderOf({ machine, process: number }: Entry): string {
  if (machine !== HERE.machine) return `process ${number} on ${machine}`;
  return number === HERE.process ? "another transfer" : `process ${number}`;
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
