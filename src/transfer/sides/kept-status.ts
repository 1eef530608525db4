import { z } from "zod";
import { type Evidence, stillCounts } from "../evidence/evidence.ts";
import type { Memory } from "../memory.ts";

/** How long what was found out of a server is believed, in milliseconds: it may be another one by then. */
const BELIEVED_FOR_MS = 7 * 24 * 3_600_000;

const Remembered = z.object({ atMs: z.number(), works: z.boolean() });

/** Under what is remembered whether a server lists directories by STAT. @param account see `accountKey` */
export function statusKey(account: string): string {
  return `status ${account}`;
}

/** What is remembered of that, as evidence that still counts. */
export function readStatus(value: unknown, nowMs: number): readonly Evidence[] {
  const { data } = Remembered.safeParse(value);
  if (data === undefined || !stillCounts(data.atMs, BELIEVED_FOR_MS, nowMs)) return [];
  const { atMs, works } = data;
  const is = works ? "yes" : "no";
  return [{ about: "listings by STAT", is, because: null, atMs, untilMs: atMs + BELIEVED_FOR_MS }];
}

/** Whether a server lists directories by STAT; undefined where that is not known, or cannot be read. */
export async function recallStatus(
  memory: Memory,
  account: string,
  nowMs: number,
): Promise<boolean | undefined> {
  const value = await memory.recall(statusKey(account)).catch(() => undefined);
  const [evidence] = readStatus(value, nowMs);
  return evidence && evidence.is === "yes";
}

/** Keeps what a trial has shown; `atMs` 0: it is to be found out anew. That it cannot be kept makes this run no worse. */
export async function rememberStatus(
  memory: Memory,
  account: string,
  works: boolean,
  atMs: number,
): Promise<void> {
  await memory.remember(statusKey(account), { atMs, works }).catch(() => {});
}
