import { randomBytes } from "node:crypto";
import { z } from "zod";
import { nameOf, parentOf } from "../ftp/pathname.ts";
import type { Written } from "../mirror/decide/judge.ts";
import type { WrittenMemory } from "../mirror/request.ts";
import type { Memory } from "../transfer/memory.ts";
import type { Names } from "./names.ts";
import type { RedisClient } from "./redis/connect.ts";

/** How long what is known of hosts, routes and written files is kept without being used. */
const KEPT_SECONDS = 90 * 86_400;

/** A memory that all workers share. */
export function redisMemory(redis: RedisClient, names: Names): Memory {
  return {
    async recall(key) {
      const text = await redis.get(names.memory(key));
      try {
        return text === null ? undefined : (JSON.parse(text) as unknown);
      } catch {
        return undefined;
      }
    },
    async remember(key, value) {
      await redis.set(names.memory(key), JSON.stringify(value), "EX", KEPT_SECONDS);
    },
  };
}

const Stamp = z.object({ sizeBytes: z.number().optional(), modifiedMs: z.number().optional() });
const Kept = z.object({ source: Stamp, stored: Stamp });

/** What one job has written to a target that keeps no times: a hash for each directory. */
export function redisWritten(redis: RedisClient, names: Names, job: string): WrittenMemory {
  const keyOf = (directory: string) => names.memory(`written ${job} ${directory}`);
  return {
    async recall(directory) {
      const fields = await redis.hgetall(keyOf(directory));
      const written = new Map<string, Written>();
      for (const [name, text] of Object.entries(fields)) {
        const kept = Kept.safeParse(JSON.parse(text));
        if (kept.success) written.set(name, kept.data);
      }
      return written;
    },
    note(path, written) {
      const key = keyOf(parentOf(path));
      const noting = redis
        .pipeline()
        .hset(key, nameOf(path), JSON.stringify(written))
        .expire(key, KEPT_SECONDS);
      // What is not remembered is compared by size.
      noting.exec().catch(() => {});
    },
  };
}

/** Letters by which temporary files of this installation are known; the first who asks makes them. */
export async function sharedOwner(redis: RedisClient, names: Names): Promise<string> {
  const key = names.memory("owner");
  await redis.set(key, randomBytes(4).toString("hex"), "NX");
  return (await redis.get(key)) ?? "";
}
