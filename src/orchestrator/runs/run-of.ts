import { z } from "zod";
import { parseBoundedJson } from "../../shared/json/bounded-json.ts";
import { messageOf } from "../../shared/errors.ts";
import { Count, rowFault, Instant } from "../kv/rows.ts";
import { COUNTERS, noCounts, type Run, RunId, RunOrder } from "./run.ts";

export const OUTCOMES = ["succeeded", "partial", "failed", "refused", "cancelled"] as const;

const counters = Object.fromEntries(COUNTERS.map((name) => [name, Count.optional()])) as Record<
  (typeof COUNTERS)[number],
  z.ZodOptional<typeof Count>
>;

/** The fields of a run's hash. */
const Fields = z.object({
  order: z.string(),
  state: z.enum(["queued", "running", "ended"]).default("queued"),
  wish: z.enum(["run", "pause", "cancel"]).default("run"),
  wishBecause: z.string().optional(),
  outcome: z.enum(OUTCOMES).optional(),
  because: z.string().optional(),
  created: Instant.default(0),
  started: Instant.optional(),
  idle: Count.default(0),
  ended: Instant.optional(),
  generation: Count.default(0),
  recovery: z.string().optional(),
  trace: z.string().optional(),
  ...counters,
});

/** A run as Redis has it, or why what is there is none. */
export function runOf(
  id: string,
  fields: Readonly<Record<string, string>>,
): { readonly run: Run } | { readonly fault: string } {
  if (!RunId.safeParse(id).success) return { fault: "not a valid run ID" };
  const read = Fields.safeParse(fields);
  if (!read.success) return { fault: rowFault(read.error) };
  const { data } = read;
  try {
    const order = RunOrder.safeParse(parseBoundedJson(data.order));
    return order.success
      ? { run: known(id, data, order.data) }
      : { fault: `order: ${rowFault(order.error)}` };
  } catch (error) {
    return { fault: `order: ${messageOf(error)}` };
  }
}

function known(id: string, fields: z.infer<typeof Fields>, order: RunOrder): Run {
  const counts = noCounts();
  for (const name of COUNTERS) counts[name] = fields[name] ?? 0;
  const { state, wish, wishBecause, outcome, because, created, started, ended, generation } = fields;
  return {
    id,
    order,
    state,
    wish,
    createdMs: created,
    generation,
    counters: counts,
    isRecovery: fields.recovery === "1",
    ...(wishBecause === undefined ? {} : { wishBecause }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(because ? { because } : {}),
    ...(started === undefined ? {} : { startedMs: started }),
    ...(fields.idle === 0 ? {} : { idleMs: fields.idle }),
    ...(ended === undefined ? {} : { endedMs: ended }),
    ...(fields.trace === undefined ? {} : { trace: fields.trace }),
  };
}
