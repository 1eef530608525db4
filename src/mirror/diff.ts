import { setMaxListeners } from "node:events";
import { LimitError } from "../copy/limits.ts";
import { OwnPool } from "../batch/pool.ts";
import { StatusListings } from "../batch/status-listings.ts";
import type { Clock } from "../shared/clock.ts";
import { isCancellation } from "../shared/errors.ts";
import type { Memory } from "../transfer/memory.ts";
import {
  COUNTED,
  type DiffEvent,
  type DiffSummaryEvent,
  type Differences,
  differenceOf,
} from "./decide/difference.ts";
import { nowAndThen } from "./scan/now-and-then.ts";
import type { MirrorRequest, WrittenMemory } from "./contract.ts";
import type { Next, ScanListener } from "./contract.ts";
import { Scan } from "./scan/scan.ts";
import { ROOT } from "./scan/visit.ts";

type DiffRequest = Pick<MirrorRequest, "source" | "target" | "scan" | "parallel" | "retries">;

interface DiffDeps {
  readonly clock: Clock;
  /** From 0 to less than 1. */
  readonly chance: () => number;
  readonly written: WrittenMemory;
  /** Where it is kept what servers can do; absent: it is found out in each run. */
  readonly memory?: Memory;
  readonly emit: (event: DiffEvent) => void;
}

/**
 * Says in what two trees differ, by the same rules as a mirror, and changes nothing.
 * @returns the summary, which is also the last event
 * @throws what keeps the roots from being listed, or a host from being reached
 */
export async function diff(
  request: DiffRequest,
  deps: DiffDeps,
  signal: AbortSignal,
): Promise<DiffSummaryEvent> {
  setMaxListeners(0, signal);
  const beganMs = deps.clock.now();
  await using pool = disposable(new OwnPool());
  const run = new DiffRun(request, deps, pool);
  try {
    await run.compare(signal);
  } catch (error) {
    if (!signal.aborted || !isCancellation(error)) throw error;
  }
  const { paths } = run;
  const outcome = signal.aborted ? "cancelled" : paths.unknown > 0 ? "partial" : "succeeded";
  const seconds = (deps.clock.now() - beganMs) / 1_000;
  const summary = { event: "summary", outcome, paths, seconds } as const;
  deps.emit(summary);
  return summary;
}

class DiffRun {
  readonly #scan: Scan;
  readonly #emit: DiffDeps["emit"];
  readonly #tellScan: () => void;
  /** Paths at which the sides have different kinds of thing. */
  readonly #conflicts = new Map<string, Next | undefined>();
  readonly paths: { -readonly [Kind in keyof Differences]: number } = {
    ...{ equal: 0, onlySource: 0, onlyTarget: 0, different: 0, unknown: 0, skipped: 0 },
  };

  constructor({ scan, ...request }: DiffRequest, { emit, ...deps }: DiffDeps, pool: OwnPool) {
    const order = { ...request, policy: { ...scan, looksAtExtras: true }, makesDirectories: false };
    const tell = (because: string) => emit({ event: "note", because });
    this.#scan = new Scan(order, { ...deps, pool, status: new StatusListings({ ...deps, tell }) });
    this.#emit = emit;
    this.#tellScan = nowAndThen(deps.clock, () => {
      const { directories, source: seen } = this.#scan.counts;
      emit({ event: "scan", directories, seen, files: 0, bytes: 0 });
    });
  }

  async compare(signal: AbortSignal): Promise<void> {
    try {
      await this.#compare(signal);
    } catch (error) {
      // What was compared until then stays true.
      if (!(error instanceof LimitError)) throw error;
      await this.#tell({ step: "fault", path: "", because: error.message });
    }
  }

  async #compare(signal: AbortSignal): Promise<void> {
    await this.#scan.run(this.#tell, [ROOT], signal);
    // Where something else is at the target, a mirror comes to a directory's contents when that is gone.
    const below = [...this.#conflicts.values()].filter((next) => next !== undefined);
    if (below.length > 0) await this.#scan.run(this.#tell, below, signal);
  }

  readonly #tell: ScanListener = async (found) => {
    this.#tellScan();
    if (found.step === "conflict") {
      const { path, source } = found;
      const depth = path.split("/").length;
      this.#conflicts.set(path, source === "directory" ? { path, at: "source", depth } : undefined);
    }
    // It was reported as different.
    const isOfOne = found.step === "extra" || found.step === "make-directory";
    if (isOfOne && this.#conflicts.has(found.path)) return;
    const event = differenceOf(found);
    if (event === undefined) return;
    this.paths[event.event === "action" ? "skipped" : COUNTED[event.sign]] += 1;
    this.#emit(event);
  };
}

function disposable(pool: OwnPool): OwnPool & AsyncDisposable {
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.close() });
}
