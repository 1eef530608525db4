import { expect, test } from "vitest";
import { ConnectionError } from "../../../../../src/ftp/errors.ts";
import { hostOf } from "../../../../../src/shared/errors.ts";
import type { BadEnd } from "../../../../../src/transfer/move/third-party/attempt/attempt-state.ts";
import { ALL_METHODS } from "../../../../support/methods.ts";
import { transferErrorOf } from "../../../../../src/transfer/move/third-party/outcome.ts";
import { MemoryHost } from "../../../../support/memory-side.ts";

const end = (name: string) => ({ side: new MemoryHost(name).place.connect(), path: "a" });
const ends = { source: end("alpha"), target: end("beta") };
const reply = (code: number, text: string) => ({ code, lines: [text] });
const [METHOD] = ALL_METHODS;
if (METHOD === undefined) throw new Error("no method");
const LOST = new ConnectionError("connection lost");

test.each<[string, readonly BadEnd[], string, string]>([
  [
    "the source refused the file",
    [{ role: "source", end: reply(550, "no such file"), hadBegun: false }],
    "alpha",
    "never",
  ],
  [
    "the target refused the file",
    [{ role: "target", end: reply(553, "not allowed"), hadBegun: false }],
    "beta",
    "never",
  ],
  ["the source was lost", [{ role: "source", end: LOST, hadBegun: true }], "alpha", "new-connection"],
  ["the target was lost", [{ role: "target", end: LOST, hadBegun: true }], "beta", "new-connection"],
  [
    "the source was lost, and the target ended for that",
    [
      { role: "source", end: LOST, hadBegun: true },
      { role: "target", end: reply(426, "aborted"), hadBegun: true },
    ],
    "alpha",
    "new-connection",
  ],
  [
    "the target was lost, after the source had refused for good",
    [
      { role: "target", end: LOST, hadBegun: true },
      { role: "source", end: reply(550, "denied"), hadBegun: false },
    ],
    "alpha",
    "never",
  ],
])("a third-party transfer that failed names the host at fault: %s", (_, causes, host, retry) => {
  const error = transferErrorOf(ends, METHOD, { kind: "failed", because: "both ends", causes });
  expect([hostOf(error), error.retry]).toEqual([host, retry]);
  expect(error.message).toMatch(/^alpha → beta \(.*\): both ends$/);
});
