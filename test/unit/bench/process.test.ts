import { expect, test } from "vitest";
import { runProgram } from "../../bench/process.ts";

const node = (script: string) => ({ program: process.execPath, args: ["-e", script] });

test("a program's end, its words and its processor time are known", async () => {
  const script =
    "console.log('out'); console.error('err'); const end = Date.now() + 150; while (Date.now() < end); process.exitCode = 3";
  const ended = await runProgram(node(script), 20_000);
  expect(ended).toMatchObject({ how: "ended", status: 3, output: "out\n", complaint: "err\n" });
  // Less than it ran, if others had the processor; never nothing.
  expect(ended.processorSeconds).toBeGreaterThan(0.01);
});

test("a program that hangs is ended, with what it started, when its time is up", async () => {
  const script =
    "require('child_process').spawn('sleep', ['60'], { stdio: 'inherit' }); setInterval(() => {}, 1e6)";
  const ended = await runProgram(node(script), 500);
  expect(ended.how).toBe("hung");
  expect(ended.seconds).toBeLessThan(30);
});
