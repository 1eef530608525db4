import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort } from "../../../../src/ftp/connection/abort.ts";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

test("all who wait for a signal get its reason, in the order in which they came, through one listener", () => {
  const life = new AbortController();
  const told: string[] = [];
  onAbort(life.signal, ({ message }) => told.push(`first: ${message}`));
  const undo = onAbort(life.signal, () => told.push("never"));
  onAbort(life.signal, ({ message }) => told.push(`second: ${message}`));
  expect(listeners(life.signal)).toBe(1);
  undo();
  life.abort(new Error("enough"));
  expect(told).toEqual(["first: enough", "second: enough"]);
});

test("nobody listens to a signal that nobody waits for", () => {
  const { signal } = new AbortController();
  const undo = [onAbort(signal, () => {}), onAbort(signal, () => {})];
  undo[0]?.();
  expect(listeners(signal)).toBe(1);
  undo[1]?.();
  undo[1]?.();
  expect(listeners(signal)).toBe(0);
  onAbort(signal, () => {});
  expect(listeners(signal)).toBe(1);
});

test("who is told may wait again, and undo what is over", () => {
  const life = new AbortController();
  const undo = onAbort(life.signal, () => undo());
  life.abort(new Error("enough"));
  expect(listeners(life.signal)).toBe(0);
});
