import { z } from "zod";
import type { RedisClient } from "../kv/client.ts";
import { findRow, readRow } from "../kv/rows.ts";
import { slotKeys } from "./slots-script.ts";

const Want = z.object({
  party: z.string(),
  needs: z.array(z.tuple([z.string(), z.number().int().positive()])),
});

/** Who waits for each resource: party → how many of its demands. What else a demand waits for does not matter here. */
export async function waitingFor(
  client: RedisClient,
  prefix: string,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const key = slotKeys(prefix).wants;
  const rows = Object.entries(await findRow(client, key, client.hgetall(key), {}));
  const waiting = new Map<string, Map<string, number>>();
  for (const [id, text] of rows) {
    const want = readRow(client, `${key} ${id}`, text, Want);
    for (const [resource] of want?.needs ?? []) {
      const parties = waiting.get(resource) ?? new Map<string, number>();
      waiting.set(resource, parties);
      parties.set(want?.party ?? "", (parties.get(want?.party ?? "") ?? 0) + 1);
    }
  }
  return waiting;
}
