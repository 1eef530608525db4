import { describe, expect, test } from "vitest";
import { Lane } from "../../../src/transfer/lane.ts";

/** Lets everything happen that waits for nothing but promises. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Whether a promise is fulfilled by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  await settled();
  return done;
}

describe("a lane", () => {
  test("moves one file's octets at a time", async () => {
    const lane = new Lane();
    const first = await lane.take();
    const second = lane.take();
    expect(await isDone(second)).toBe(false);
    first.end();
    expect(await isDone(second)).toBe(true);
  });

  test("begins no file before what can be said of the one before it is written", async () => {
    const lane = new Lane();
    const turn = await lane.take();
    const controlTurn = lane.controlTurn();
    turn.end();
    const begun = (await lane.take()).begin(false);
    expect(await isDone(begun)).toBe(false);
    controlTurn.yield();
    expect(await isDone(begun)).toBe(true);
  });

  test("keeps what depends on an answer for the gap behind the file that moves, and holds the next one for it", async () => {
    const lane = new Lane();
    const first = await lane.take();
    const controlTurn = lane.controlTurn();
    first.end();
    controlTurn.yield();
    const second = await lane.take();
    await second.begin(false);
    const gap = controlTurn.begin();
    expect(await isDone(gap)).toBe(false);
    second.end();
    const third = (await lane.take()).begin(false);
    expect(await isDone(gap)).toBe(true);
    expect(await isDone(third)).toBe(false);
    controlTurn.end();
    expect(await isDone(third)).toBe(true);
  });

  test("begins a long file only when nothing more will be said of those before it", async () => {
    const lane = new Lane();
    const turn = await lane.take();
    const controlTurn = lane.controlTurn();
    turn.end();
    controlTurn.yield();
    const begun = (await lane.take()).begin(true);
    expect(await isDone(begun)).toBe(false);
    await controlTurn.begin();
    controlTurn.end();
    expect(await isDone(begun)).toBe(true);
  });

  test("gives the gap to who waits for it when a file begins once more", async () => {
    const lane = new Lane();
    const first = await lane.take();
    const controlTurn = lane.controlTurn();
    first.end();
    controlTurn.yield();
    const second = await lane.take();
    await second.begin(false);
    const gap = controlTurn.begin();
    // Its first attempt came to nothing.
    const again = second.begin(false);
    expect(await isDone(gap)).toBe(true);
    controlTurn.end();
    expect(await isDone(again)).toBe(true);
  });

  test("lets one file speak at a time, and nobody act alone meanwhile", async () => {
    const lane = new Lane();
    const turn = await lane.take();
    const trails = [lane.controlTurn(), lane.controlTurn()] as const;
    turn.end();
    await trails[0].begin();
    const second = trails[1].begin();
    const alone = lane.alone(async () => {});
    expect(await isDone(second)).toBe(false);
    trails[0].end();
    expect(await isDone(second)).toBe(true);
    expect(await isDone(alone)).toBe(false);
    trails[1].yield();
    expect(await isDone(alone)).toBe(true);
  });
});
