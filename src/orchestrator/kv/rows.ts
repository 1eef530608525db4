import { z } from "zod";
import { parseBoundedJson } from "../../shared/json/bounded-json.ts";
import { messageOf } from "../../shared/errors.ts";
import type { RedisClient } from "./client.ts";

// Whoever can write to Redis can write anything. A row that is not what it should be is left out, with one warning.

/** Called with a row that is ignored, and why. */
export type OnBadRow = (row: string, because: string) => void;

const listeners = new WeakMap<RedisClient, OnBadRow>();
/** Rows that this process has warned of, so that one that is read every second is warned of once. */
const warned = new Set<string>();
const MOST_WARNED = 10_000;
/** Characters of a key that a warning shows. */
const MOST_SHOWN = 200;

/** Reports all bad rows that this client reads. */
export function onBadRow(redis: RedisClient, listener: OnBadRow): void {
  listeners.set(redis, listener);
}

/** @param row its key in Redis, with what leads to it there */
export function leaveOut(redis: RedisClient, row: string, because: string): undefined {
  const entry = `${row}\n${because}`;
  if (warned.has(entry) || warned.size >= MOST_WARNED) return;
  warned.add(entry);
  const shown = row.length > MOST_SHOWN ? `${row.slice(0, MOST_SHOWN)}…` : row;
  listeners.get(redis)?.(JSON.stringify(shown).slice(1, -1), because);
}

/** What the text of a row says; undefined, with a warning, where it is not what it should be. */
export function readRow<T extends z.ZodType>(
  redis: RedisClient,
  row: string,
  text: string,
  schema: T,
): z.output<T> | undefined {
  try {
    const read = schema.safeParse(parseBoundedJson(text));
    return read.success ? read.data : leaveOut(redis, row, rowFault(read.error));
  } catch (error) {
    return leaveOut(redis, row, messageOf(error));
  }
}

/** What is found under a key; `otherwise`, with a warning, where a value of another kind is there. */
export async function findRow<T>(
  redis: RedisClient,
  key: string,
  find: Promise<T>,
  otherwise: T,
): Promise<T> {
  try {
    return await find;
  } catch (error) {
    if (!messageOf(error).startsWith("WRONGTYPE")) throw error;
    leaveOut(redis, key, "unexpected type of value");
    return otherwise;
  }
}

/** Where in the row, and what was expected; nothing of what is there. */
export function rowFault({ issues: [issue] }: z.ZodError): string {
  const path = issue?.path.join(".") ?? "";
  return `${path === "" ? "" : `${path}: `}${issue?.message ?? "invalid value"}`;
}

/** Milliseconds since 1970 that a Date can hold. */
export const Instant = z.coerce.number().int().min(0).max(8_640_000_000_000_000);
/** How many. */
export const Count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
