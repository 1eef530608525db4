import { isRedisReply, redisWords } from "../../orchestrator/kv/faults.ts";
import type { Stores } from "../../orchestrator/kv/stores/stores.ts";
import type { ApiDeps } from "../deps.ts";

/** What hangs for so long does not answer. */
const ANSWER_MS = 1_000;
/** A run that could begin waits no longer than this where anybody works. */
const LONG_MS = 60_000;

export const NO_WORKER = "no worker is running; start one with fxpd worker or fxpd daemon";

/** What readiness depends on. */
export interface Signs {
  readonly isRedisAnswering: boolean;
  /** Why it cannot be worked with though it answers, and what to do, for people. */
  readonly redisFault?: string;
  readonly parts: ApiDeps["parts"];
  /** Workers that live, on all machines; undefined where that is not known. */
  readonly workers?: number;
  /** Runs that are being planned, by any worker. */
  readonly active: number;
  /** How long the first run has waited that could begin; undefined where none waits. */
  readonly waitedMs?: number;
}

/** Why this process, or the installation, is not ready; empty where it is. */
export function reasonsAgainst(signs: Signs): readonly string[] {
  const { isRedisAnswering, redisFault, parts, workers, active, waitedMs = 0 } = signs;
  return [
    ...(isRedisAnswering ? [] : ["Redis does not respond"]),
    ...(redisFault === undefined ? [] : [redisFault]),
    ...[...parts].filter(([, { isRunning }]) => !isRunning).map(([part]) => `the ${part} is not running`),
    ...(workers === 0 ? [NO_WORKER] : []),
    ...(active === 0 && waitedMs > LONG_MS
      ? [`a run has been waiting for ${Math.floor(waitedMs / 1_000)} s, but no worker is processing any run`]
      : []),
  ];
}

/** @throws the error where Redis is away */
function refusalIn(error: unknown): string {
  const words = redisWords(error);
  if (words === undefined || !isRedisReply(error)) throw error;
  return words;
}

/** Why no worker is seen: there is none, or none can say that it lives. @throws the error where Redis is away */
export async function whyNoWorker({ server }: Pick<Stores, "server">): Promise<string> {
  const fault = await server.requireWritable().then(() => undefined, refusalIn);
  return fault === undefined ? NO_WORKER : `no worker can be seen as long as ${fault}`;
}

export async function signsOf({
  installation,
  parts,
}: Pick<ApiDeps, "installation" | "parts">): Promise<Signs> {
  const { kv, store, queues, clock } = installation;
  const away: Signs = { isRedisAnswering: false, parts, active: 0 };
  const asking = async (): Promise<Signs> => {
    const redisFault = await kv.server.requireWritable().then(() => undefined, refusalIn);
    // As long as nothing can be written, no worker can say that it lives.
    if (redisFault !== undefined) return { isRedisAnswering: true, redisFault, parts, active: 0 };
    const [workers, active, open] = await Promise.all([
      kv.livingWorkers(),
      queues.runs.getActiveCount(),
      store.unfinished(),
    ]);
    const waiting = open.filter(({ state, wish }) => state === "queued" && wish === "run");
    const since = waiting.map(({ createdMs, order }) => Math.max(createdMs, order.startMs ?? 0));
    const waitedMs = clock.now() - Math.min(...since, clock.now());
    return { isRedisAnswering: true, parts, workers, active, waitedMs };
  };
  const answered = new AbortController();
  const late = clock.sleep(ANSWER_MS, answered.signal).then(() => away);
  return Promise.race([asking().catch(() => away), late]).finally(() => answered.abort());
}
