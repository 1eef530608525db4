import fc from "fast-check";
import { expect, test } from "vitest";
import { LONG, TaskQueue } from "../../../src/batch/task-queue.ts";
import { MemoryHost } from "../../support/memory-side.ts";
import { EMPTY } from "../../support/memory-tree.ts";
import type { FileTask } from "../../../src/batch/task.ts";

const { place } = new MemoryHost("source", EMPTY);
const signal = new AbortController().signal;

/** So many that places of taken ones are given up. */
const bulk = fc.constantFrom(0, 0, 0, 1_500);

/** Sizes on both sides of the border, equal ones among them; undefined: not known. */
const size = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: LONG - 2, max: LONG + 2 }),
);
const steps = fc.array(
  fc.oneof(
    size.map((sizeBytes) => ({ sizeBytes })),
    fc.constant("take" as const),
  ),
  {
    maxLength: 60,
  },
);

function taskOf(name: number, sizeBytes: number | undefined): FileTask {
  const facts = { kind: "file", ...(sizeBytes === undefined ? {} : { sizeBytes }) } as const;
  return { source: { place, path: String(name), facts }, target: String(name) };
}

/** What a queue gives that is asked in the dumbest way: the longest that waits, else the oldest. */
function expected(waiting: FileTask[]): FileTask | undefined {
  const sizes = waiting.map(({ source }) => source.facts.sizeBytes ?? 0);
  const longest = Math.max(0, ...sizes);
  const at = longest < LONG ? 0 : sizes.indexOf(longest);
  return waiting.splice(at, 1)[0];
}

/** @returns the one that came next */
function take(queue: TaskQueue): FileTask | undefined {
  const { next } = queue;
  if (next !== undefined) expect(queue.take(next)).toBe(true);
  return next;
}

test("each task is taken once: the longest of the long ones that wait, else the oldest", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 10 }), bulk, steps, async (some, more, then) => {
      const first = [...some, ...Array.from({ length: more }, () => 1)];
      const waiting = first.map((sizeBytes, index) => taskOf(index, sizeBytes));
      const queue = new TaskQueue(waiting);
      for (let left = more - 5; left > 0; left -= 1) expect(take(queue)).toBe(expected(waiting));
      for (const [index, step] of then.entries()) {
        if (step === "take") {
          expect(take(queue)).toBe(expected(waiting));
        } else {
          const task = taskOf(first.length + index, step.sizeBytes);
          waiting.push(task);
          await queue.push(task, signal);
        }
        expect(queue.length).toBe(waiting.length);
      }
      const left = queue.abandon();
      expect(left).toHaveLength(waiting.length);
      expect(new Set(left)).toEqual(new Set(waiting));
      expect(queue.next).toBeUndefined();
      expect(await queue.ready(signal)).toBe(false);
    }),
  );
});

test("a queue takes no more than may wait, long or not", async () => {
  const queue = new TaskQueue([taskOf(0, LONG)], 2);
  await queue.push(taskOf(1, 1), signal);
  let isIn = false;
  const pushing = queue.push(taskOf(2, LONG + 1), signal).then(() => (isIn = true));
  await Promise.resolve();
  expect(isIn).toBe(false);
  expect(take(queue)?.target).toBe("0");
  await pushing;
  expect([take(queue)?.target, take(queue)?.target]).toEqual(["2", "1"]);
});

test.each([
  ["short", 1],
  ["long", LONG],
])("200,000 %s tasks are taken one by one without moving those behind", (_, sizeBytes) => {
  const count = 200_000;
  const queue = new TaskQueue(Array.from({ length: count }, (__, name) => taskOf(name, sizeBytes + name)));
  let taken = 0;
  for (let { next } = queue; next !== undefined && queue.take(next); { next } = queue) taken += 1;
  expect(taken).toBe(count);
});

test("a task that somebody else has taken, or before which another has come, is not taken", async () => {
  const [one, two, long] = [taskOf(0, 1), taskOf(1, 1), taskOf(2, LONG)];
  const queue = new TaskQueue([one, two]);
  expect([queue.take(two), queue.take(one), queue.take(one)]).toEqual([false, true, false]);
  await queue.push(long, signal);
  expect([queue.take(two), queue.take(long), queue.take(two), queue.take(two)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(queue.length).toBe(0);
});
