import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const REGISTER = new URL("../../../../.config/register.mjs", import.meta.url).href;
const SURVIVE = JSON.stringify(new URL("../../../../src/cli/process/survive.ts", import.meta.url).href);
const PIECE = JSON.stringify(
  new URL("../../../../src/orchestrator/worker/queue/piece-of-work.ts", import.meta.url).href,
);

/** Lines that a process of its own prints; an uncaught exception of the test's would be the test's. */
async function linesOf(script: string): Promise<readonly string[]> {
  const begin = `
    import { survive } from ${SURVIVE};
    import { doPiece } from ${PIECE};
    const say = (...words) => console.log(JSON.stringify(words));
    const log = { info: () => {}, warn: () => {}, error: (fields, message) => say(fields.because, fields.work ?? "", message) };
    survive(log, () => say("ends"));`;
  const args = ["--import", REGISTER, "--input-type=module", "-e", begin + script];
  const bound = ["--pdeathsig", "KILL", "--", process.execPath, ...args];
  const { stdout } = await promisify(execFile)("setpriv", bound);
  return stdout.trim().split("\n");
}

const GOES_ON = "unexpected error; the daemon continues";

test("an exception from a timer ends the piece of work that it came from, and nothing else", async () => {
  const lines = await linesOf(`
    const never = new AbortController().signal;
    const wait = (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason.cause.message)));
    const other = doPiece("slices b", never, (signal) => {
      signal.addEventListener("abort", () => say("b was aborted"));
      return new Promise((resolve) => setTimeout(resolve, 100, "b is done"));
    });
    say(await doPiece("slices a", never, (signal) => {
      setTimeout(() => { throw new TypeError("thrown"); }, 10);
      return wait(signal);
    }));
    say(await other);`);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    ["thrown", "slices a", GOES_ON],
    ["thrown"],
    ["b is done"],
  ]);
});

test("an exception of nobody's work is logged, and of very many the process ends in good order", async () => {
  const lines = await linesOf(`
    for (let fault = 0; fault < 20; fault += 1) setTimeout(() => { throw new Error("again"); });
    void Promise.reject(new Error("first"));`);
  expect(lines).toContain(JSON.stringify(["first", "", GOES_ON]));
  expect(lines.filter((line) => line.includes("ends"))).toContain(JSON.stringify(["ends"]));
});
