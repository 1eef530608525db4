import { shownJson } from "./visible.ts";

/** One server-sent event. */
export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Events of an event stream (HTML, "Server-sent events"), and the id of the last of them. */
export function parseBlocks(blocks: readonly string[]): { events: StreamEvent[]; id: string | undefined } {
  const events: StreamEvent[] = [];
  let id: string | undefined;
  for (const block of blocks) {
    let [event, data] = ["message", ""];
    for (const line of block.split("\n")) {
      if (line.startsWith("event:")) event = line.slice(6).trim();
      if (line.startsWith("data:")) data += line.slice(5).trim();
      if (line.startsWith("id:")) id = line.slice(3).trim();
    }
    if (data !== "") events.push({ event, data: shownJson(data) });
  }
  return { events, id };
}
