import { Done } from "../../worker/slice/done.ts";
import { SliceResult } from "../../worker/slice/slice-result.ts";
import type { RedisClient } from "../client.ts";
import type { KeyNames } from "../names.ts";
import { findRow, leaveOut, readRow } from "../rows.ts";

/** Results are taken by the run's worker within moments; after a day nobody will. */
const RESULT_SECONDS = 86_400;
/** For how long what is done of a slice is remembered. */
const DONE_SECONDS = 7 * 86_400;
/** When nothing has been taken for so long, places in the queue are counted from the beginning. */
const TURN_SECONDS = 600;

/** A slice by its run and its name there. */
interface SliceName {
  readonly run: string;
  readonly generation: number;
  readonly slice: string;
}

/** What is done of slices, what came of them, and which of the queue was taken last. */
export class SliceStore {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  /** Who waits for results of a run in this process. */
  readonly #awaiting = new Set<{ readonly run: string; readonly act: () => void }>();

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** Calls this for each result of a run that this process writes, until it is disposed of; others' have to be looked for. */
  onResult(run: string, act: () => void): Disposable {
    const one = { run, act };
    this.#awaiting.add(one);
    return { [Symbol.dispose]: () => void this.#awaiting.delete(one) };
  }

  /** What came of a slice; what was noted of its files is of no use any more. */
  async writeResult({ run, generation, slice }: SliceName, result: SliceResult): Promise<void> {
    const names = this.#names;
    const key = names.results(run, generation);
    const pipeline = this.#redis.pipeline();
    pipeline.hset(key, slice, JSON.stringify(result)).expire(key, RESULT_SECONDS);
    pipeline.del(names.done(run, slice));
    pipeline.publish(names.news, JSON.stringify({ run, slice }));
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
    for (const one of this.#awaiting) if (one.run === run) one.act();
  }

  async hasResult({ run, generation, slice }: SliceName): Promise<boolean> {
    return (await this.results(run, generation, [slice])).size > 0;
  }

  /** Results of these slices of one beginning of a run, as far as they have come. */
  async results(
    run: string,
    generation: number,
    slices: readonly string[],
  ): Promise<ReadonlyMap<string, SliceResult>> {
    if (slices.length === 0) return new Map();
    const key = this.#names.results(run, generation);
    const texts = await findRow(this.#redis, key, this.#redis.hmget(key, ...slices), []);
    const found = new Map<string, SliceResult>();
    for (const [index, slice] of slices.entries()) {
      const text = texts[index];
      const result = text ? readRow(this.#redis, `${key} ${slice}`, text, SliceResult) : undefined;
      if (result !== undefined) found.set(slice, result);
    }
    return found;
  }

  /** Notes how a file of a slice was done. @param index its place in the slice, 0 … */
  noteDone(slice: Pick<SliceName, "run" | "slice">, index: number, done: Done): Promise<void> {
    return this.noteAllDone(slice, new Map([[index, done]]));
  }

  /** The same for several, by their places. @param isKept whether what was noted before is kept long enough */
  async noteAllDone(
    { run, slice }: Pick<SliceName, "run" | "slice">,
    done: ReadonlyMap<number, Done>,
    isKept = false,
  ): Promise<void> {
    if (done.size === 0) return;
    const key = this.#names.done(run, slice);
    const fields = [...done].flatMap(([index, one]) => [String(index), JSON.stringify(one)]);
    const pipeline = this.#redis.pipeline().hset(key, ...fields);
    await (isKept ? pipeline : pipeline.expire(key, DONE_SECONDS)).exec();
  }

  /** Files of a slice that are done, by their places in it. */
  async done({ run, slice }: Pick<SliceName, "run" | "slice">): Promise<ReadonlyMap<number, Done>> {
    const key = this.#names.done(run, slice);
    const fields = Object.entries(await findRow(this.#redis, key, this.#redis.hgetall(key), {}));
    return new Map(
      fields.flatMap(([index, text]) => {
        if (!/^\d{1,15}$/.test(index))
          return leaveOut(this.#redis, `${key} ${index}`, "this is no file of it") ?? [];
        const done = readRow(this.#redis, `${key} ${index}`, text, Done);
        return done === undefined ? [] : [[Number(index), done]];
      }),
    );
  }

  /** @param turn the place in the queue of the slice that is taken now */
  async noteTurn(turn: number): Promise<void> {
    await this.#redis.set(this.#names.turn, turn, "EX", TURN_SECONDS);
  }

  /** The place in the queue of the slice that was taken last; 0 where that is not known. */
  async lastTurn(): Promise<number> {
    return Number((await this.#redis.get(this.#names.turn)) ?? 0);
  }
}
