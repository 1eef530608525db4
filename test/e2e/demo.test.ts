import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAIN } from "../support/program.ts";

let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "fxpd-test-"));
  await chmod(temporary, 0o755); // the servers' users go through it
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

interface Shown {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  text(): string;
}

function show(): Shown {
  const env = { ...process.env, TMPDIR: temporary };
  const child = spawn(process.execPath, [MAIN, "demo"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, ended, text: () => text };
}

/** Processes that were told of a directory of the demo's. */
async function left(text: string): Promise<readonly string[]> {
  const pids = /scheduler (\d+), workers (\d+) and (\d+)/.exec(text)?.slice(1) ?? [];
  const running = new Set(await readdir("/proc"));
  return pids.filter((pid) => running.has(pid));
}

test("the demo shows a copy, a mirror that outlives a worker, and deletions refused; it leaves nothing behind", async () => {
  const { ended, text } = show();
  expect(await ended, text()).toBe(0);
  for (const sentence of [
    /21 files, 256\.\d MiB, all identical/,
    /The schedule has fired: run site_\w+, 3000 files to copy\./,
    /After \d+ files, worker \d+ is killed/,
    /site_\w+ {2}succeeded/,
    /3000 files, [\d.]+ MiB, all identical; .* nothing through a worker/,
    /refused .*2900 of 3000 files would be deleted/,
    /Nothing was deleted: the target still has 3000 files\./,
  ])
    expect(text()).toMatch(sentence);
  expect(await readdir(temporary)).toEqual([]);
  expect(await left(text())).toEqual([]);
});

test("the demo that is interrupted leaves nothing behind", async () => {
  const { child, ended, text } = show();
  await new Promise<void>((resolve) => {
    child.stdout?.on("data", () => text().includes("The schedule has fired") && resolve());
    void ended.then(() => resolve());
  });
  child.kill("SIGINT");
  expect(await ended, text()).toBe(130);
  expect(await readdir(temporary)).toEqual([]);
  expect(await left(text())).toEqual([]);
});
