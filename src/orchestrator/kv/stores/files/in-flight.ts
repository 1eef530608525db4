import { z } from "zod";
import type { CopyEvent } from "../../../../batch/events.ts";
import type { Clock } from "../../../../shared/clock.ts";
import type { Names } from "../../names.ts";
import type { RedisClient } from "../../client.ts";
import { Count, findRow, Instant, readRow } from "../../rows.ts";

/** What is on its way is written down so often; a file that is done sooner never is. Milliseconds. */
const WRITE_MS = 1_000;
/** A worker that says nothing for so long carries nothing. */
const FRESH_MS = 10_000;
const KEPT_SECONDS = 60;

const Row = z.object({
  source: z.string(),
  target: z.string(),
  sizeBytes: Count.optional(),
  /** That the target has so far, as far as that is seen. */
  bytes: Count,
  startedMs: Instant,
  /** What its bytes are moved by; absent: nothing yet. */
  by: z.enum(["third-party", "relay", "server-side"]).optional(),
  /** Name of the third-party method. */
  method: z.string().nullish(),
  /** Which side is the worker's own machine. */
  local: z.enum(["source", "target", "both"]).optional(),
  /** Who copies it, as in the list of workers, and the number of the lane there: 1 … */
  worker: z.string().optional(),
  lane: Count.min(1).optional(),
  atMs: Instant,
});

/** A file that is being copied now. */
export type FileInFlight = Omit<z.infer<typeof Row>, "atMs">;

/** A place in a worker that copies one file at a time. */
export interface WorkerLane {
  /** The worker's id. */
  readonly worker: string;
  /** 1 … */
  readonly lane: number;
}

/** What one slice of a run copies at this moment, written down for those who look on. */
export class InFlight implements AsyncDisposable {
  readonly #redis: RedisClient;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #lane: WorkerLane;
  readonly #files = new Map<string, FileInFlight>();
  readonly #written = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(redis: RedisClient, names: Names, run: string, lane: WorkerLane, clock: Clock) {
    this.#redis = redis;
    this.#key = names.inFlight(run);
    this.#lane = lane;
    this.#clock = clock;
  }

  note(event: CopyEvent): void {
    if (event.event === "start") {
      const { source, target, size } = event;
      const sizeBytes = size ?? undefined;
      const file = { source, target, bytes: 0, startedMs: this.#clock.now(), ...this.#lane };
      this.#files.set(target, sizeBytes === undefined ? file : { ...file, sizeBytes });
    }
    const file = "target" in event ? this.#files.get(event.target) : undefined;
    if (event.event === "method" && file !== undefined) {
      const { by, method, local } = event;
      this.#files.set(event.target, { ...file, by, method, local });
    }
    if (event.event === "progress" && file !== undefined)
      this.#files.set(event.target, { ...file, bytes: event.bytes });
    if (event.event === "sent" && file !== undefined)
      this.#files.set(event.target, { ...file, bytes: file.sizeBytes ?? file.bytes });
    if (event.event === "transfer" || event.event === "retry") this.#files.delete(event.target);
    if (this.#files.size > 0 || this.#written.size > 0)
      this.#timer ??= setTimeout(() => this.#write(), WRITE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#files.clear();
    this.#write();
    clearTimeout(this.#timer);
    await this.#writing;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const gone = [...this.#written].filter((target) => !this.#files.has(target));
    const atMs = this.#clock.now();
    // Most files are done before they would be of interest to anybody. A clock that was set makes none wait for longer.
    const isLong = ({ startedMs }: FileInFlight) => Math.abs(atMs - startedMs) >= WRITE_MS;
    const rows = [...this.#files]
      .filter(([target, file]) => this.#written.has(target) || isLong(file))
      .map(([target, file]) => [target, JSON.stringify({ ...file, atMs })] as const);
    for (const target of gone) this.#written.delete(target);
    for (const [target] of rows) this.#written.add(target);
    const pipeline = this.#redis.pipeline();
    if (gone.length > 0) pipeline.hdel(this.#key, ...gone);
    if (rows.length > 0) pipeline.hset(this.#key, ...rows.flat()).expire(this.#key, KEPT_SECONDS);
    // What is not written now is written a second later, and no file waits for it.
    if (pipeline.length > 0) this.#writing = Promise.all([this.#writing, pipeline.exec().catch(() => {})]);
    // What does not grow is on its way all the same.
    if (this.#files.size > 0) this.#timer = setTimeout(() => this.#write(), WRITE_MS);
  }
}

/** What all workers copy for a run at this moment, the oldest first. */
export async function filesInFlight(
  redis: RedisClient,
  names: Names,
  run: string,
  nowMs: number,
): Promise<readonly FileInFlight[]> {
  const key = names.inFlight(run);
  const texts = await findRow(redis, key, redis.hvals(key), []);
  return texts
    .flatMap((text) => readRow(redis, key, text, Row) ?? [])
    .filter(({ atMs }) => Math.abs(nowMs - atMs) < FRESH_MS)
    .map(({ atMs: _, ...file }) => file)
    .sort((one, two) => one.startedMs - two.startedMs);
}
