import { z } from "zod";
import type { RedisClient } from "../kv/client.ts";
import { Count, findRow, Instant, readRow } from "../kv/rows.ts";
import { slotKeys } from "./slots-script.ts";

/** How long until a limit that a server has taught is tried one higher. */
export const RAISE_MS = 600_000;

/** What a server has taught by refusing a connection as one too many. */
export interface Lesson {
  readonly limit: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

const Kept = z.object({ limit: Count, at: Instant });

/** By resource, as it was taught. */
export async function lessonsOf(client: RedisClient, prefix: string): Promise<ReadonlyMap<string, Lesson>> {
  const key = slotKeys(prefix).learned;
  const fields = Object.entries(await findRow(client, key, client.hgetall(key), {}));
  return new Map(
    fields.flatMap(([resource, text]) => {
      const kept = readRow(client, `${key} ${resource}`, text, Kept);
      return kept === undefined ? [] : [[resource, { limit: kept.limit, atMs: kept.at }]];
    }),
  );
}

/** What is allowed by now; undefined where it is as much as the host's file says. */
export function limitBy({ limit, atMs }: Lesson, configured: number, nowMs: number): number | undefined {
  const raised = limit + Math.floor(Math.max(0, nowMs - atMs) / RAISE_MS);
  return raised < configured ? raised : undefined;
}
