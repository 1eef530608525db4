import { z } from "zod";
import type { CopyEvent } from "../../batch/events.ts";
import { parseBoundedJson } from "../../shared/bounded-json.ts";
import { messageOf } from "../../shared/errors.ts";
import { faultOf, Instant } from "../kv/rows.ts";
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
    outcome: z.enum(["succeeded", "failed", "cancelled"]),
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
/** Of others only their name is told. */
const Other = z.looseObject({ event: z.string().regex(/^[a-z-]{1,40}$/) });

/** An entry of a stream, or why it is none of a run's log. */
export function logEntryOf(
  id: string,
  fields: readonly string[],
): { readonly entry: LogEntry } | { readonly fault: string } {
  const named = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) named.set(fields[at] ?? "", fields[at + 1] ?? "");
  const at = Instant.safeParse(named.get("at"));
  if (!at.success) return { fault: `at: ${faultOf(at.error)}` };
  try {
    const value = Other.safeParse(parseBoundedJson(named.get("event") ?? ""));
    const event = value.success && KNOWN.has(value.data.event) ? Known.safeParse(value.data) : value;
    if (!event.success) return { fault: `event: ${faultOf(event.error)}` };
    return { entry: { id, atMs: at.data, event: event.data as unknown as LogEntry["event"] } };
  } catch (error) {
    return { fault: `event: ${messageOf(error)}` };
  }
}
