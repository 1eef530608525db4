import { hasLimits, roomFor, type SoftBudget, type SoftLimits, softEnd } from "../../../batch/soft-end.ts";
import type { Tally } from "../../../batch/tally.ts";
import { anySignal } from "../../../shared/any-signal.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { WorkerDeps } from "../../deps.ts";
import type { RoomAnswer, TransferRoom } from "../../kv/stores/transfer-room.ts";
import type { Run } from "../../runs/run.ts";

/** How long a file waits for an answer; then it begins. */
const ANSWER_MS = 2_000;
/** How soon room is asked for again while files in flight may leave some. */
const AGAIN_MS = 200;

/** What the limits of one slice's run are kept with. */
interface LimitsDeps {
  readonly clock: Clock;
  readonly room: Pick<TransferRoom, "take" | "release">;
  /** Bytes that this slice has moved since it began. */
  readonly ownBytes: () => number;
  /** Counts what this process has moved, for others to see; never rejects. */
  readonly count: () => Promise<void>;
}

/** After how much a run begins no other file, where others copy files of it, too. */
export class RunLimits implements SoftBudget {
  readonly #deps: LimitsDeps;
  readonly #run: Run;
  readonly #limits: SoftLimits;
  /** What all workers had moved when this slice began, and what is known to have been added since. */
  readonly #beganBytes: number;
  #knownBytes: number;
  /** Files that were begun, by their sizes, and whether room was taken for each. */
  readonly #taken: { readonly bytes: number; readonly isTaken: Promise<boolean> }[] = [];
  readonly #releasing = new Set<Promise<void>>();

  constructor(deps: LimitsDeps, run: Run, limits: SoftLimits) {
    this.#deps = deps;
    this.#run = run;
    this.#limits = limits;
    const { thirdParty, relayed, serverSide } = run.counters;
    this.#beganBytes = thirdParty + relayed + serverSide;
    this.#knownBytes = this.#beganBytes;
  }

  spent(nextBytes: number | undefined): string | undefined {
    const bytes = Math.max(this.#knownBytes, this.#beganBytes + this.#deps.ownBytes());
    const nowMs = this.#deps.clock.now();
    const { startedMs = nowMs, idleMs = 0 } = this.#run;
    return softEnd(this.#limits, { bytes, elapsedMs: nowMs - startedMs - idleMs }, nextBytes);
  }

  /** What cannot be found out in time lets the file begin. */
  async take(nextBytes: number | undefined, signal: AbortSignal): Promise<string | undefined> {
    const { maxTransfer } = this.#limits;
    const bytes = roomFor(this.#limits, nextBytes);
    for (;;) {
      const spent = this.spent(nextBytes);
      if (spent !== undefined || maxTransfer === undefined) return spent;
      const asking = this.#ask(nextBytes === undefined ? 1 : bytes, bytes, maxTransfer);
      const answer = await this.#inTime(asking, signal);
      if (answer === undefined || answer.isTaken) {
        const isTaken = asking.then(
          (one) => one.isTaken,
          () => false,
        );
        this.#taken.push({ bytes, isTaken });
        return undefined;
      }
      if (answer.inFlight > 0) await this.#deps.clock.sleep(AGAIN_MS, signal);
    }
  }

  release(nextBytes: number | undefined): void {
    const bytes = roomFor(this.#limits, nextBytes);
    const at = this.#taken.findIndex((one) => one.bytes === bytes);
    const [taken] = at === -1 ? [] : this.#taken.splice(at, 1);
    if (taken === undefined) return;
    const releasing = this.#release(taken.bytes, taken.isTaken).finally(() =>
      this.#releasing.delete(releasing),
    );
    this.#releasing.add(releasing);
  }

  /** Until all room that was left is known to others; never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#releasing);
  }

  /** What has moved is counted first: in between it counts twice, and never not at all. */
  async #release(bytes: number, isTaken: Promise<boolean>): Promise<void> {
    await this.#deps.count();
    // Room of a worker that does not live is no one's.
    if (await isTaken) await this.#deps.room.release(bytes).catch(() => {});
  }

  async #ask(asked: number, taken: number, limit: number): Promise<RoomAnswer> {
    await this.#deps.count();
    const answer = await this.#deps.room.take(asked, taken, limit);
    this.#knownBytes = Math.max(this.#knownBytes, answer.moved);
    return answer;
  }

  /** @returns undefined where there is no answer in time @throws the signal's reason */
  async #inTime(asking: Promise<RoomAnswer>, signal: AbortSignal): Promise<RoomAnswer | undefined> {
    const answered = new AbortController();
    let answer: RoomAnswer | undefined;
    void asking
      .then(
        (one) => void (answer = one),
        () => {},
      )
      .finally(() => answered.abort());
    await this.#deps.clock.sleep(ANSWER_MS, anySignal(signal, answered.signal)).catch(() => {});
    signal.throwIfAborted();
    return answer;
  }
}

/** Room for the files of a slice that begins now; undefined: its run has no limits. */
export function budgetOfSlice(
  { clock, kv, worker }: Pick<WorkerDeps, "clock" | "kv" | "worker">,
  run: Run,
  limits: SoftLimits & { readonly dryRun: boolean },
  { tally, count }: { readonly tally: Tally; readonly count: () => Promise<void> },
): RunLimits | undefined {
  if (!hasLimits(limits)) return undefined;
  const earlier = tally.movedBytes;
  const ownBytes = () => tally.movedBytes - earlier;
  return new RunLimits({ clock, room: kv.room(run.id, worker), ownBytes, count }, run, limits);
}
