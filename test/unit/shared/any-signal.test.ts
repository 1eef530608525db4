import { once } from "node:events";
import { expect, test } from "vitest";
import { anySignal } from "../../../src/shared/any-signal.ts";
import { garbageCollected } from "../../support/garbage.ts";

/** Outside the test, so that nothing of it holds the sources. */
const combined = (more: AbortSignal) => anySignal(anySignal(more, AbortSignal.timeout(50)), more);

test("a time-out that nobody else holds fires, whatever the garbage collector does", async () => {
  using _ = garbageCollected();
  const either = combined(new AbortController().signal);
  await once(either, "abort");
  expect((either.reason as Error).name).toBe("TimeoutError");
});

test("who looks only later sees that a source that is gone was aborted, and why", async () => {
  const abortedBefore = () => {
    const source = new AbortController();
    const either = anySignal(source.signal);
    source.abort("why");
    return either;
  };
  const either = abortedBefore();
  using _ = garbageCollected();
  await once(combined(new AbortController().signal), "abort");
  expect([either.aborted, either.reason]).toEqual([true, "why"]);
});
