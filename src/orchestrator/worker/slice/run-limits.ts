import { type SoftLimits, softEnd } from "../../../batch/soft-end.ts";
import { anySignal } from "../../../shared/any-signal.ts";
import type { WorkerDeps } from "../../deps.ts";
import type { Run } from "../../runs/run.ts";

/** How long a file waits for what others have moved; then it begins. */
const ANSWER_MS = 2_000;

/** After how much a run begins no other file, where others copy files of it, too. */
export class RunLimits {
  readonly #deps: Pick<WorkerDeps, "clock" | "store">;
  readonly #run: Run;
  readonly #limits: SoftLimits;
  /** What all workers had moved when this slice began, and as far as it was heard of since. */
  readonly #beganBytes: number;
  #knownBytes: number;
  readonly #count: () => Promise<void>;

  /** @param count what this process has moved, for others to see; never rejects */
  constructor(
    deps: Pick<WorkerDeps, "clock" | "store">,
    run: Run,
    limits: SoftLimits,
    count: () => Promise<void>,
  ) {
    this.#deps = deps;
    this.#run = run;
    this.#limits = limits;
    this.#count = count;
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

  /** A file has moved: others are to see that before they begin their next one. */
  moved(): void {
    if (this.#limits.maxTransfer !== undefined) void this.#count();
  }

  /**
   * Asks what all have moved by now, since much may have passed while a connection was waited for. What cannot be found
   * out in time lets the file begin.
   * @throws the signal's reason
   */
  async othersMoved(signal: AbortSignal): Promise<void> {
    if (this.#limits.maxTransfer === undefined) return;
    const answered = new AbortController();
    void this.#ask()
      .catch(() => {})
      .finally(() => answered.abort());
    await this.#deps.clock.sleep(ANSWER_MS, anySignal(signal, answered.signal)).catch(() => {});
    signal.throwIfAborted();
  }

  async #ask(): Promise<void> {
    await this.#count();
    const now = await this.#deps.store.get(this.#run.id);
    if (now !== undefined) this.#knownBytes = Math.max(this.#knownBytes, movedBytes(now));
  }
}

function movedBytes({ counters }: Run): number {
  const { thirdParty, relayed, serverSide } = counters;
  return thirdParty + relayed + serverSide;
}
