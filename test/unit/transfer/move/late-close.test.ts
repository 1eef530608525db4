import { expect, test } from "vitest";
import { endedWith426 } from "../../../../src/transfer/move/late-close.ts";
import type { BadEnd } from "../../../../src/transfer/move/third-party/attempt/attempt-state.ts";

const reply = (code: number) => ({ code, lines: ["Connection closed; transfer aborted."] });
const failed = (...causes: BadEnd[]) => ({ kind: "failed", because: "closed", causes }) as const;
const bad = (code: number, hadBegun = true): BadEnd => ({ role: "target", end: reply(code), hadBegun });

test("a transfer that both sides or one side ended with 426 may have stored the file", () => {
  expect(endedWith426(failed(bad(426)))).toBe(true);
  expect(endedWith426(failed(bad(426), { ...bad(426), role: "source" }))).toBe(true);
});

test.each([
  ["ended with another reply", failed(bad(451))],
  ["ended with 426 on one side and another reply on the other", failed(bad(426), bad(550))],
  ["never began", failed(bad(426, false))],
  ["lost its connection", failed({ role: "target", end: new Error("reset"), hadBegun: true })],
  ["gives no cause", failed()],
  ["moved", { kind: "moved" } as const],
])("a transfer that %s has not", (_, outcome) => {
  expect(endedWith426(outcome)).toBe(false);
});
