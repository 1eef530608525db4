import { randomBytes } from "node:crypto";
import { z } from "zod";
import { nameOf, parentOf } from "../../../ftp/pathname.ts";
import { distinctInUtf8, fromDistinct } from "../../../shared/octets.ts";
import type { Written } from "../../../mirror/decide/judge.ts";
import type { WrittenMemory } from "../../../mirror/contract.ts";
import type { IndexStore } from "../../../mirror/index/directory-index.ts";
import type { LastingMemory } from "../../../transfer/memory.ts";
import type { KeyNames } from "../names.ts";
import type { RedisClient } from "../client.ts";
import { Batches } from "../batches.ts";
import { findRow, leaveOut, readRow } from "../rows.ts";
import { FingerprintRow } from "../../../state/fingerprint.ts";

/** How long what is known of hosts, routes and written files is kept without being used. */
const KEPT_SECONDS = 90 * 86_400;

/** What is kept as one value under its key; hashes of written files come in addition. */
const KINDS = ["route", "host", "status", "ways"] as const;

/** A prefix as a pattern of SCAN that means nothing but itself. */
function escaped(prefix: string): string {
  return prefix.replace(/[\\*?[\]^-]/g, "\\$&");
}

async function* keysLike(redis: RedisClient, pattern: string): AsyncGenerator<string> {
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", pattern, "COUNT", 1_000);
    yield* new Set(keys);
    cursor = next;
  } while (cursor !== "0");
}

/** A memory that all workers share. */
export function redisMemory(redis: RedisClient, names: KeyNames): LastingMemory {
  return {
    async recall(key) {
      const row = names.memory(key);
      const text = await findRow(redis, row, redis.get(row), null);
      return text === null ? undefined : readRow(redis, row, text, z.unknown());
    },
    async remember(key, value) {
      await redis.set(names.memory(key), JSON.stringify(value), "EX", KEPT_SECONDS);
    },
    async entries() {
      const prefix = names.memory("");
      const found: { key: string; value: unknown }[] = [];
      for (const kind of KINDS) {
        for await (const row of keysLike(redis, `${escaped(prefix)}${kind} *`)) {
          const text = await findRow(redis, row, redis.get(row), null);
          if (text !== null)
            found.push({ key: row.slice(prefix.length), value: readRow(redis, row, text, z.unknown()) });
        }
      }
      return found;
    },
    async forget(key) {
      await redis.del(names.memory(key));
    },
  };
}

const Kept = z.object({ source: FingerprintRow, stored: FingerprintRow });

/** What one job has written to a target that keeps no times: a hash for each directory. */
export function redisWritten(
  redis: RedisClient,
  names: KeyNames,
  job: string,
): WrittenMemory & { settled(): Promise<void> } {
  const keyOf = (directory: string) => names.memory(`written ${job} ${distinctInUtf8(directory)}`);
  const kept = new Set<string>();
  // What is not remembered is compared by size.
  const noted = new Batches<readonly [key: string, name: string, text: string]>((batch) => {
    const pipeline = redis.pipeline();
    for (const key of new Set(batch.map(([of]) => of))) {
      const fields = batch.flatMap(([of, name, text]) => (of === key ? [name, text] : []));
      pipeline.hset(key, ...fields);
      if (!kept.has(key)) pipeline.expire(key, KEPT_SECONDS);
      kept.add(key);
    }
    return pipeline.exec();
  });
  return {
    async recall(directory) {
      const row = keyOf(directory);
      const fields = await findRow(redis, row, redis.hgetall(row), {});
      const written = new Map<string, Written>();
      for (const [field, text] of Object.entries(fields)) {
        const [name, kept] = [fromDistinct(field), readRow(redis, `${row} ${field}`, text, Kept)];
        if (name !== undefined && kept !== undefined) written.set(name, kept);
      }
      return written;
    },
    note: (path, written) =>
      noted.add([keyOf(parentOf(path)), distinctInUtf8(nameOf(path)), JSON.stringify(written)]),
    settled: () => noted.settled(),
  };
}

/** What one job's mirror knows of its directories: one value, which is always replaced as a whole. */
export function redisIndex(redis: RedisClient, names: KeyNames, job: string): IndexStore {
  const key = names.memory(`index ${job}`);
  return {
    read: async () => (await findRow(redis, key, redis.getBuffer(key), null)) ?? undefined,
    write: async (bytes) => {
      await redis.set(key, Buffer.from(bytes), "EX", KEPT_SECONDS);
    },
  };
}

const OWNER = /^[0-9a-z]{4,16}$/;

/** Letters by which temporary files of this installation are known; the first who asks makes them. */
export async function sharedOwner(redis: RedisClient, names: KeyNames): Promise<string> {
  const key = names.memory("owner");
  const made = randomBytes(4).toString("hex");
  await redis.set(key, made, "NX");
  const owner = (await redis.get(key)) ?? "";
  if (OWNER.test(owner)) return owner;
  // It becomes a part of file names.
  leaveOut(redis, key, "invalid owner of temporary files in Redis; creating a new one");
  await redis.set(key, made);
  return made;
}
