import { z } from "zod";
import type { CopyEvent } from "../../batch/events.ts";
import { parseBoundedJson } from "../../shared/json/bounded-json.ts";
import { messageOf } from "../../shared/errors.ts";
import { rowFault, Instant } from "../kv/rows.ts";
import { OUTCOMES } from "./run-of.ts";

/** One thing that happened in a run. */
export interface LogEntry {
  readonly id: string;
  readonly atMs: number;
  readonly event: CopyEvent;
}

const amount = z.number();
const because = z.string();
const ends = {
  outcome: z.enum(OUTCOMES),
  files: z.record(z.string(), amount),
  bytes: z.record(z.string(), amount),
};

/** What those who show a log rely on; whatever else an event has is kept. */
const Known = z.discriminatedUnion("event", [
  z.looseObject({
    event: z.literal("transfer"),
    source: z.string(),
    target: z.string(),
    outcome: z.enum(["succeeded", "partial", "failed", "cancelled"]),
    bytes: amount,
    because,
  }),
  z.looseObject({
    event: z.literal("retry"),
    source: z.string(),
    because,
    attempt: amount,
    afterSeconds: amount,
  }),
  z.looseObject({ event: z.literal("action"), action: z.string(), path: z.string(), because }),
  z.looseObject({ event: z.literal("fault"), path: z.string(), because }),
  z.looseObject({ event: z.literal("plan"), files: amount, bytes: amount }),
  z.looseObject({ event: z.literal("target"), to: z.string().optional(), ...ends }),
  z.looseObject({ event: z.literal("summary"), ...ends }),
  z.looseObject({ event: z.literal("note"), because }),
]);
const KNOWN = new Set(["transfer", "retry", "action", "fault", "plan", "target", "summary", "note"]);
/** Of others only the name is shown. */
const Other = z.looseObject({ event: z.string().regex(/^[a-z-]{1,40}$/) });

/**
 * The events of an entry of a stream, each with an id of its own: that of the entry, and those that follow it.
 * @param bad called with the id of an entry that does not belong in a run's log, and why
 */
export function logEntriesOf(
  id: string,
  fields: readonly string[],
  bad: (id: string, because: string) => void,
): readonly LogEntry[] {
  const events: string[] = [];
  let time: string | undefined;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name, value = ""] = [fields[at], fields[at + 1]];
    if (name === "event") events.push(value);
    else if (name === "at") time = value;
  }
  const at = Instant.safeParse(time);
  if (!at.success) {
    bad(id, `at: ${rowFault(at.error)}`);
    return [];
  }
  return (events.length === 0 ? [""] : events).flatMap((text, index) => {
    const own = idAfter(id, index);
    const read = eventOf(text);
    if ("event" in read) return [{ id: own, atMs: at.data, event: read.event }];
    bad(own, read.fault);
    return [];
  });
}

function eventOf(text: string): { readonly event: LogEntry["event"] } | { readonly fault: string } {
  try {
    const value = Other.safeParse(parseBoundedJson(text));
    const event = value.success && KNOWN.has(value.data.event) ? Known.safeParse(value.data) : value;
    if (!event.success) return { fault: `event: ${rowFault(event.error)}` };
    return { event: event.data as unknown as LogEntry["event"] };
  } catch (error) {
    return { fault: `event: ${messageOf(error)}` };
  }
}

function idAfter(id: string, more: number): string {
  const [ms, sequence] = partsOf(id);
  return more === 0 ? id : `${ms}-${sequence + BigInt(more)}`;
}

/** Whether an entry comes behind another one. @param after its id, or only its time */
export function isBehind(id: string, after: string): boolean {
  const [ms, sequence] = partsOf(id);
  const [afterMs, afterSequence] = partsOf(after);
  return ms > afterMs || (ms === afterMs && sequence > afterSequence);
}

function partsOf(id: string): readonly [bigint, bigint] {
  const [ms = "", sequence = ""] = id.split("-");
  return [BigInt(ms || 0), BigInt(sequence || 0)];
}
