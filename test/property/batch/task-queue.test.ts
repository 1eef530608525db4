import fc from "fast-check";
import { expect, test } from "vitest";
import { LONG, TaskQueue } from "../../../src/batch/task-queue.ts";
import { MemoryHost } from "../../support/memory-side.ts";
import { EMPTY } from "../../support/memory-tree.ts";
import type { FileTask } from "../../../src/batch/task.ts";

const { place } = new MemoryHost("source", EMPTY);
const signal = new AbortController().signal;

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

test("each task is taken once: the longest of the long ones that wait, else the oldest", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 10 }), steps, async (first, then) => {
      const waiting = first.map((sizeBytes, index) => taskOf(index, sizeBytes));
      const queue = new TaskQueue(waiting);
      for (const [index, step] of then.entries()) {
        if (step === "take") {
          expect(queue.next).toBe(waiting.length === 0 ? undefined : expected([...waiting]));
          expect(queue.take()).toBe(expected(waiting));
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
      expect(queue.take()).toBeUndefined();
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
  expect(queue.take()?.target).toBe("0");
  await pushing;
  expect([queue.take()?.target, queue.take()?.target]).toEqual(["2", "1"]);
});

test.each([
  ["short", 1],
  ["long", LONG],
])("200,000 %s tasks are taken one by one without moving those behind", (_, sizeBytes) => {
  const count = 200_000;
  const queue = new TaskQueue(Array.from({ length: count }, (__, name) => taskOf(name, sizeBytes + name)));
  let taken = 0;
  while (queue.take() !== undefined) taken += 1;
  expect(taken).toBe(count);
});
