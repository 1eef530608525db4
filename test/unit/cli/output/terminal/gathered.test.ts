import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gathered } from "../../../../../src/cli/output/terminal/gathered.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function witness(isTTY = false) {
  const written: string[] = [];
  return { written, stream: { isTTY, write: (text: string) => written.push(text) } };
}

test("a program gets the lines of a moment in one piece", () => {
  const { written, stream } = witness();
  const out = gathered(stream);
  for (const line of ["a\n", "b\n"]) out.write(line);
  expect(written).toEqual([]);
  vi.runAllTimers();
  out.write("c\n");
  vi.runAllTimers();
  expect(written).toEqual(["a\nb\n", "c\n"]);
});

test("many lines do not wait", () => {
  const { written, stream } = witness();
  const out = gathered(stream);
  const line = `${"x".repeat(999)}\n`;
  for (let count = 0; count < 200; count += 1) out.write(line);
  expect(written.join("").length).toBeGreaterThan(100_000);
  vi.runAllTimers();
  expect(written.join("")).toBe(line.repeat(200));
});

test("what waits when the process ends is written once", () => {
  const { written, stream } = witness();
  const before = new Set(process.listeners("exit"));
  gathered(stream).write("last\n");
  const [flush] = process.listeners("exit").filter((one) => !before.has(one));
  flush?.(0);
  vi.runAllTimers();
  expect(written).toEqual(["last\n"]);
});

test("a terminal gets each line at once", () => {
  const { written, stream } = witness(true);
  gathered(stream).write("a\n");
  expect(written).toEqual(["a\n"]);
});
