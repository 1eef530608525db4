import type { JobFile } from "../../config/schema/jobs.ts";
import type { Directories } from "../../config/load/directories.ts";
import { sourceOf } from "../../wiring/places.ts";
import type { Watch } from "../../config/schema/watch.ts";
import { connectedOne } from "../../batch/connected.ts";
import { SelectionError } from "../../batch/errors.ts";
import { StatusListings } from "../../batch/status-listings.ts";
import { globBelow, parsePattern } from "../../copy/glob.ts";
import { ListAhead } from "../../copy/list-ahead.ts";
import type { CopySource } from "../../copy/plan.ts";
import { select } from "../../copy/select.ts";
import { ListingError } from "../../ftp/listing/errors.ts";
import { parentOf } from "../../ftp/pathname.ts";
import type { Clock } from "../../shared/clock.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/logger.ts";
import { Scope } from "../../shared/scope.ts";
import { lookAt, type SeenFile } from "./arrival.ts";
import { ClockSetBack } from "./clock-set-back.ts";
import type { Definition } from "../definitions.ts";
import type { KeptConnections } from "../slots/kept-connections.ts";
import { LeasedPool } from "../slots/leased-pool.ts";
import type { Queues } from "../worker/queue/queues.ts";
import type { Stores } from "../kv/stores/stores.ts";
import { enqueueMade } from "../runs/dispatch.ts";
import { orderFor } from "../runs/request.ts";
import { runId, type RunOrder } from "../runs/run.ts";
import { Retrier } from "../../transfer/retrier.ts";
import { isDoneWith } from "../../transfer/source-after/source-after.ts";
import type { Slots } from "../slots/slots.ts";
import type { RunStore } from "../kv/stores/runs.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** Files of one watched directory; each look takes all of them to Redis. */
const MOST_FILES = 50_000;
/** How long one look may take, before another process may look. */
const LOOK_MS = 120_000;
/** How long nothing has to change, where the job does not say. */
const SETTLED_MS = 120_000;
/** Files that a run names as its reason. */
const NAMED = 3;

interface ArrivalDeps {
  readonly kv: Stores;
  readonly store: RunStore;
  readonly queues: Queues;
  readonly slots: Slots;
  /** Of looks that have ended, for the next ones at the same hosts. */
  readonly connections: KeptConnections;
  readonly directories: Directories;
  readonly clock: Clock;
  readonly chance: () => number;
  readonly log: Logger;
}

/** Asks for runs of jobs whose files have come. Of any number of processes, one looks at a time. */
export class Arrivals implements AsyncDisposable {
  readonly #deps: ArrivalDeps;
  /** Found out once for a process, since it looks again and again. */
  readonly #status: StatusListings;
  #watches: readonly { readonly definition: Definition; readonly watch: Watch }[] = [];
  readonly #nextMs = new Map<string, number>();
  readonly #looks = new Set<Promise<void>>();
  readonly #setBack = new ClockSetBack();

  constructor(deps: ArrivalDeps) {
    this.#deps = deps;
    const { clock, log } = deps;
    this.#status = new StatusListings({ clock, tell: (because) => log.info({}, because) });
  }

  use(definitions: readonly Definition[]): void {
    this.#nextMs.clear();
    this.#deps.connections.renew();
    this.#watches = definitions.flatMap((definition) => {
      const { watch } = definition.job;
      return watch === undefined ? [] : [{ definition, watch }];
    });
  }

  /** Begins to look at all directories whose turn has come; none waits for another. */
  begin(signal: AbortSignal): void {
    const nowMs = this.#deps.clock.now();
    if (this.#setBack.since(nowMs))
      for (const [name, nextMs] of this.#nextMs) if (Number.isFinite(nextMs)) this.#nextMs.delete(name);
    for (const { definition, watch } of this.#watches) {
      if (nowMs < (this.#nextMs.get(definition.name) ?? 0)) continue;
      this.#nextMs.set(definition.name, Number.POSITIVE_INFINITY);
      const look = this.#lookFor(definition, watch, signal).finally(() => {
        this.#looks.delete(look);
        this.#nextMs.set(definition.name, nowMs + watch.every);
      });
      this.#looks.add(look);
    }
  }

  /** When all looks have ended, which takes their signal. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#looks);
  }

  async #lookFor(definition: Definition, watch: Watch, signal: AbortSignal): Promise<void> {
    const { kv, log } = this.#deps;
    const { name } = definition;
    const patience = anySignal(signal, AbortSignal.timeout(LOOK_MS));
    try {
      const restMs = restOf(watch);
      if (!(await kv.watches.take(name, LOOK_MS, restMs))) return;
      await this.#lookNow(definition, watch, patience).finally(() => kv.watches.rest(name, restMs));
    } catch (error) {
      if (signal.aborted) return;
      // What was not seen is neither there nor gone.
      log.warn({ job: name, because: messageOf(error) }, "cannot list a watched directory; will retry");
      await kv.watches.noteFault(name, messageOf(error)).catch(() => {});
    }
  }

  async #lookNow({ name, ...definition }: Definition, watch: Watch, signal: AbortSignal): Promise<void> {
    const { kv, store, clock } = this.#deps;
    const { isPaused } = await store.jobs.get(name);
    // What comes while a run goes on is seen when it has ended.
    if (isPaused || (await store.isBusy(name))) return;
    const { version, watched: before } = await kv.watches.get(name);
    const found = await this.#found(definition.job, watch, name, signal);
    const nowMs = clock.now();
    const look = lookAt(before, found, nowMs, settledOf(watch));
    const request = {
      id: runId(name, nowMs, "arrival"),
      order: orderOf({ name, ...definition }, look.arrived),
    };
    const requests = look.arrived.length === 0 ? [] : [request];
    const made = await kv.watches.note(name, version, look.watched, nowMs, requests);
    await enqueueMade(this.#deps, made);
  }

  /** @throws where the directory, or one below it, cannot be listed */
  async #found(job: JobFile, watch: Watch, party: string, signal: AbortSignal): Promise<readonly SeenFile[]> {
    const { slots, connections, directories, clock, chance } = this.#deps;
    const context = { directories, overrides: { tls: job.tls, timeout: job.timeout }, deps: { clock } };
    const source = await sourceOf(watch.in ?? sourceTextOf(job), context);
    const glob = globBelow(directoryOf(source, watch.in !== undefined || "mirror" in job), watch.for);
    await using scope = new Scope();
    const onWaiting = () => {};
    const pool = new LeasedPool(slots, { name: party, weight: 1, needs: [], onWaiting }, connections);
    scope.defer(() => pool.close());
    const retrier = new Retrier({ retries: job.retries }, { clock, chance });
    await using lent = await retrier.run(() => connectedOne(pool, source.place, signal), signal);
    const files: SeenFile[] = [];
    const isDone = isDoneWith("copy" in job ? job.sourceAfter : undefined);
    try {
      const looking = {
        side: lent.side,
        retrier,
        ahead: new ListAhead(this.#status),
        knowsAway: true,
        signal,
      };
      for await (const found of select({ kind: "glob", glob }, source.shown, looking)) {
        if (found.kind === "fault") throw new ListingError(`${found.path}: ${found.because}`);
        if (found.kind !== "file" || isDone(found.relative, glob.base)) continue;
        const { sizeBytes, modified } = found.facts;
        files.push({ path: found.path, sizeBytes, modifiedMs: modified?.atMs });
        if (files.length > MOST_FILES) throw new ListingError(`over ${MOST_FILES} files match ${watch.for}`);
      }
    } catch (error) {
      if (!(error instanceof SelectionError)) throw error; // nothing matches
    }
    return files;
  }
}

/** Other schedulers are not in step with this one: theirs is not the next look for half an interval. */
function restOf({ every }: Watch): number {
  return Math.ceil(every / 2);
}

function settledOf({ settled, for: names }: Watch): number {
  return settled ?? (parsePattern(names).kind === "glob" ? SETTLED_MS : 0);
}

function sourceTextOf(job: JobFile): string {
  return "mirror" in job ? job.mirror.from : (job.copy.from[0] ?? "");
}

/** A path names the directory itself, or a file in it. */
function directoryOf({ pattern }: CopySource, isDirectory: boolean): string {
  if (pattern.kind === "glob") return pattern.glob.base;
  return isDirectory ? pattern.path : parentOf(pattern.path);
}

function orderOf(definition: Definition, arrived: readonly string[]): RunOrder {
  const named = arrived.slice(0, NAMED).join(", ");
  const more = arrived.length > NAMED ? `, and ${arrived.length - NAMED} more` : "";
  return orderFor(definition, { requestedBy: "arrival", because: `arrived: ${named}${more}` });
}
