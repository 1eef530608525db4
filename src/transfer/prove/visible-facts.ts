import type { Clock } from "../../shared/clock.ts";
import type { Ends } from "../move/relay.ts";
import { type FileFacts, isServer } from "../sides/side.ts";

/** Storage that is replicated shows a file some time after it has confirmed it. */
export const VISIBLE_AFTER_MS = [250, 500, 1_000, 2_000] as const;

/** Where the server says that it has stored a file, and shows none, it is looked for again for some seconds. */
export async function visibleFacts(
  { side, path }: Ends["target"],
  clock: Clock,
  signal: AbortSignal,
): Promise<FileFacts | undefined> {
  let facts = await side.facts(path, signal);
  // Of the servers that we know, none is late.
  if (!isServer(side) || side.family !== undefined) return facts;
  for (const pauseMs of VISIBLE_AFTER_MS) {
    if (facts !== undefined) return facts;
    await clock.sleep(pauseMs, signal);
    facts = await side.facts(path, signal);
  }
  return facts;
}
