import { type SoftLimits, softEnd } from "../../../batch/soft-end.ts";
import type { WorkerDeps } from "../../deps.ts";
import type { Run } from "../../runs/run.ts";

/** What others have moved is noted as often, and asked for no more often. */
const REFRESH_MS = 100;

/** After how much a run begins no other file, where others copy files of it, too. */
export class RunLimits {
  readonly #deps: Pick<WorkerDeps, "clock" | "store">;
  readonly #run: Run;
  readonly #limits: SoftLimits;
  /** What all workers had moved when this slice began, and as far as it was heard of since. */
  readonly #beganBytes: number;
  #knownBytes: number;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(deps: Pick<WorkerDeps, "clock" | "store">, run: Run, limits: SoftLimits) {
    this.#deps = deps;
    this.#run = run;
    this.#limits = limits;
    this.#beganBytes = movedBytes(run);
    this.#knownBytes = this.#beganBytes;
  }

  /**
   * Why no other file of the run may begin; undefined while one may.
   * @param ownBytes that this slice has moved since it began, and is about to move
   */
  spent(ownBytes: number): string | undefined {
    const { clock } = this.#deps;
    const nowMs = clock.now();
    const bytes = Math.max(this.#knownBytes, this.#beganBytes + ownBytes);
    const { startedMs = nowMs, idleMs = 0 } = this.#run;
    return softEnd(this.#limits, bytes, nowMs - startedMs - idleMs);
  }

  /** Asks what all have moved by now; what is not heard of in time lets a file more begin. */
  refresh(): void {
    const nowMs = this.#deps.clock.now();
    if (this.#limits.maxTransfer === undefined || Math.abs(nowMs - this.#askedMs) < REFRESH_MS) return;
    this.#askedMs = nowMs;
    const known = (now: Run | undefined) => {
      if (now !== undefined) this.#knownBytes = Math.max(this.#knownBytes, movedBytes(now));
    };
    this.#deps.store.get(this.#run.id).then(known, () => {});
  }
}

function movedBytes({ counters }: Run): number {
  const { thirdParty, relayed, serverSide } = counters;
  return thirdParty + relayed + serverSide;
}
