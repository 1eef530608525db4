import type { Outcome } from "../../copy/events.ts";
import { COUNTERS, noCounts, type Run, RunOrder, type RunState, type Wish } from "./run.ts";

/** A run as Redis has it; undefined for what is no run. */
export function runOf(id: string, fields: Readonly<Record<string, string>>): Run | undefined {
  const order = RunOrder.safeParse(safeJson(fields["order"]));
  if (!order.success) return undefined;
  const number = (name: string) => (fields[name] === undefined ? undefined : Number(fields[name]));
  const counters = noCounts();
  for (const name of COUNTERS) counters[name] = number(name) ?? 0;
  const [startedMs, endedMs] = [number("started"), number("ended")];
  const { outcome, because, wishBecause } = fields;
  return {
    id,
    order: order.data,
    state: (fields["state"] ?? "queued") as RunState,
    wish: (fields["wish"] ?? "run") as Wish,
    createdMs: number("created") ?? 0,
    generation: number("generation") ?? 0,
    counters,
    isRecovery: fields["recovery"] === "1",
    ...(wishBecause === undefined ? {} : { wishBecause }),
    ...(outcome === undefined ? {} : { outcome: outcome as Outcome }),
    ...(because ? { because } : {}),
    ...(startedMs === undefined ? {} : { startedMs }),
    ...(endedMs === undefined ? {} : { endedMs }),
  };
}

function safeJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
