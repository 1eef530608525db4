import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { jobSchemaFor } from "../../config/schema/jobs.ts";
import type { Directories } from "../../config/load/directories.ts";
import { HOST_NAME } from "../../config/locations/location.ts";
import type { Rule } from "../../copy/rules.ts";
import type { Clock } from "../../shared/clock.ts";
import { AppError, ConfigError } from "../../shared/errors.ts";
import type { Queues } from "../worker/queue/queues.ts";
import { endRun, enqueue, wake } from "./dispatch.ts";
import { readFollowers } from "./followers.ts";
import { orderFor } from "./request.ts";
import { boundedId, cancelledBecause, type Run, runId, type RunOrder } from "./run.ts";
import type { RunStore } from "../kv/stores/runs.ts";
import { counted } from "../../shared/units.ts";
import { hexDigest } from "../../shared/hex-digest.ts";

/** What was asked for cannot be done with this run: there is none, or it is past that. */
export class ControlError extends AppError {
  readonly code: "unknown" | "conflict";
  readonly retry = "never";

  constructor(code: "unknown" | "conflict", message: string) {
    super(message);
    this.code = code;
  }
}

/** What a person asks to be run now. */
export interface ManualRequest {
  /** The name of the job, or what an ad-hoc one is to be called. */
  readonly job: string;
  /** The job as a document, before it is checked. */
  readonly document: unknown;
  readonly rules: readonly Rule[];
  readonly dryRun?: boolean;
  /** Whether the conversations with the servers are kept of all files, and not of those alone that failed. */
  readonly keepsTranscripts?: boolean;
  /** Came as a document from somebody who is no user of this machine. */
  readonly isForeign?: boolean;
  /** Two submissions with the same key are one. */
  readonly key?: string;
  /** Who asks for it, where that is known. */
  readonly by?: string;
}

interface ControlDeps {
  readonly store: RunStore;
  readonly queues: Queues;
  readonly clock: Clock;
  /** Jobs that follow others are found there. */
  readonly directories: Directories;
}

/** What people and programs can ask of the daemon. */
export class Control {
  readonly #deps: ControlDeps;
  readonly #store: RunStore;
  readonly #queues: Queues;
  readonly #clock: Clock;

  constructor(deps: ControlDeps) {
    const { store, queues, clock } = deps;
    this.#deps = deps;
    this.#store = store;
    this.#queues = queues;
    this.#clock = clock;
  }

  /**
   * Asks for a run now; the one that there is already where the key says that it is the same.
   * @throws z.ZodError for a document that is no job; ConfigError for what cannot be the name of one; ControlError for
   * a key with which something else was asked for
   */
  async submit(submission: ManualRequest): Promise<Run> {
    const { job, document, rules, dryRun = false, key, by, isForeign, keepsTranscripts } = submission;
    if (!HOST_NAME.test(job))
      throw new ConfigError(
        `"${job}" is not a valid job name; expected letters, digits, dots, hyphens and underscores`,
      );
    jobSchemaFor(document).parse(document);
    const nowMs = this.#clock.now();
    const digest = key === undefined ? undefined : hexDigest(key, 16);
    const id =
      digest === undefined
        ? runId(job, nowMs, randomBytes(3).toString("hex"))
        : boundedId(`${job}_key_${digest}`);
    const because = by === undefined ? "submitted" : `submitted by ${by}`;
    const order = orderFor(
      { name: job, document, rules },
      { requestedBy: "person", because, dryRun, isForeign, keepsTranscripts },
    );
    if (digest === undefined) return this.#ask(id, order);
    const before = await this.#store.takeKey(digest, id);
    const run = before === id ? await this.#ask(id, order) : undefined;
    if (run !== undefined && isSameOrder(run.order, order)) return run;
    throw new ControlError(
      "conflict",
      `this key has already been used for ${before}, a different request; choose another key`,
    );
  }

  /**
   * Asks for the files that failed in a run; the retry that there is already, as long as that has not ended.
   * @throws ControlError where there are none, or the run goes on
   */
  async retry(id: string): Promise<Run> {
    const run = await this.#ended(id);
    const failed = await this.#store.failed.of(id);
    if (failed.length === 0) throw new ControlError("conflict", nothingToRetry(run));
    const { job, document, rules, isForeign } = run.order;
    const because = `${counted(failed.length, "file")} of ${id} failed`;
    const order = orderFor(
      { name: job, document, rules },
      {
        ...{ requestedBy: "retry", because, retryOf: id, isForeign },
        ...(isCompletedBy(run, failed.length) ? { completes: true } : {}),
      },
    );
    const nowMs = this.#clock.now();
    const fresh = runId(job, nowMs, randomBytes(3).toString("hex"));
    return this.#queued(await this.#store.createRetry(id, { id: fresh, order }, nowMs));
  }

  /** The last runs, the latest first. */
  async runs(limit: number, job?: string): Promise<readonly Run[]> {
    return this.#store.latest(limit, job);
  }

  /** @throws ControlError where there is none */
  async run(id: string): Promise<Run> {
    const run = await this.#store.get(id);
    if (run === undefined) throw new ControlError("unknown", `no such run: ${id}`);
    return run;
  }

  /** Files in flight end within two seconds. @throws ControlError for one that has ended */
  async cancel(id: string): Promise<Run> {
    const run = await this.#going(id);
    await this.#store.requestState(id, "cancel");
    const because = cancelledBecause(run);
    if (run.state !== "queued") return this.run(id);
    // As when a worker ends it: jobs follow it whatever the outcome, where they say so.
    const followers = await readFollowers(this.#deps, run, "cancelled");
    const nowMs = this.#clock.now();
    await endRun(this.#deps, run, { generation: undefined, nowMs, outcome: "cancelled", because, followers });
    return this.run(id);
  }

  async pause(id: string): Promise<Run> {
    await this.#going(id);
    await this.#store.requestState(id, "pause");
    return this.run(id);
  }

  async resume(id: string): Promise<Run> {
    const run = await this.#going(id);
    if (run.wish === "cancel") throw new ControlError("conflict", `${id} is already being cancelled`);
    await this.#store.requestState(id, "run");
    await wake(this.#deps, id);
    return this.run(id);
  }

  async pauseJob(job: string, isPaused: boolean): Promise<void> {
    await this.#store.jobs.pause(job, isPaused, this.#clock.now());
  }

  async #ask(id: string, order: RunOrder): Promise<Run> {
    await this.#store.create(id, order, this.#clock.now());
    return this.#queued(id);
  }

  async #queued(id: string): Promise<Run> {
    const run = await this.run(id);
    if (run.state === "queued") await enqueue(this.#queues, run);
    return run;
  }

  async #going(id: string): Promise<Run> {
    const run = await this.run(id);
    if (run.state === "ended") throw new ControlError("conflict", `${id} has already ended: ${run.outcome}`);
    return run;
  }

  async #ended(id: string): Promise<Run> {
    const run = await this.run(id);
    if (run.state !== "ended") throw new ControlError("conflict", `${id} has not ended yet`);
    return run;
  }
}

/** Directories that could not be listed have failed, too, and so have runs that did not come to their files. */
function nothingToRetry({ id, outcome }: Run): string {
  if (outcome === "succeeded") return `${id}: no file failed, so there is nothing to retry`;
  return `${id}: no file failed that could be retried; run the whole job again`;
}

/**
 * Whether a run would have succeeded but for so many files: it came to its end, nothing else of it failed, and it had
 * nothing to delete once all had been copied.
 */
export function isCompletedBy({ order, because, counters }: Run, files: number): boolean {
  const isWhole = order.retryOf === undefined || order.completes === true;
  const { delete: deletes } = (order.document ?? {}) as { readonly delete?: unknown };
  const cameToItsEnd = because === undefined || because === "";
  return isWhole && cameToItsEnd && deletes !== true && counters.failed === files;
}

/** Whether two orders ask for the same, whoever asks. */
function isSameOrder(one: RunOrder, two: RunOrder): boolean {
  const askedFor = ({ job, document, rules, dryRun }: RunOrder) => ({ job, document, rules, dryRun });
  // As it is after a round trip through Redis: what is undefined is absent.
  const plain = (order: RunOrder): unknown => JSON.parse(JSON.stringify(askedFor(order)));
  return isDeepStrictEqual(plain(one), plain(two));
}
