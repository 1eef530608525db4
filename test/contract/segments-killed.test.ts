import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { latch, sendUnlessClosed } from "../support/placed-files.ts";
import { bytesOf, SegmentScene } from "../support/segment-scene.ts";

const MIB = 2 ** 20;
const WHOLE = bytesOf(6 * MIB);
const PROGRAM = JSON.stringify(new URL("../../src/cli/program.ts", import.meta.url).href);
const REGISTER = new URL("../../.config/register.mjs", import.meta.url).href;

let local: string;
const scene = new SegmentScene();
beforeEach(async () => {
  local = await mkdtemp(join(tmpdir(), "fxpd-segments-killed-"));
  await mkdir(join(local, "config"));
});
afterEach(async () => {
  await scene[Symbol.asyncDispose]();
  await rm(local, { recursive: true, force: true });
});

/** The program from its sources, with a state directory that outlives it. */
function fxpd(...args: readonly string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const env = { ...process.env, FXPD_STATE: join(local, "state"), FXPD_CONFIG: join(local, "config") };
  const script = `const { run } = await import(${PROGRAM}); await run(${JSON.stringify(args)});`;
  const node = [process.execPath, "--import", REGISTER, "--input-type=module", "-e", script];
  const all = ["--pdeathsig", "KILL", "--", ...node];
  return spawn("setpriv", all, { env, cwd: local, stdio: ["ignore", "pipe", "inherit"] });
}

test("promise 8: a process that is killed in the middle of a file in segments, and one without segments after it", async () => {
  const isRecorded = latch();
  let isKilled = false;
  const begun = new Set<number>();
  const server = await scene.scripted(
    {
      // The first third comes. Whoever has it begins elsewhere, when it is recorded; the others get nothing.
      sends: async (session, rest, at) => {
        if (isKilled || at === 0 || at === WHOLE.length - 1) return sendUnlessClosed(session, rest);
        begun.add(at);
        if (begun.size === 3) isRecorded.resolve();
        const data = await session.data();
        await new Promise<void>((resolve) => data.once("close", () => resolve()).resume());
        return undefined;
      },
    },
    WHOLE,
  );
  const source = `ftp://tester:correct-horse-7@${server.address}:${server.port}/%2Ffile`;
  const first = fxpd("copy", "--json", "--segments", "3", source, join(local, "copy"));
  const ended = once(first, "exit");
  await Promise.race([isRecorded.promise, ended]);
  expect(first.exitCode).toBe(null);
  first.kill("SIGKILL");
  await ended;
  isKilled = true;
  expect((await readdir(local)).filter((name) => name.endsWith(".seg")).length).toBe(1);
  const second = fxpd("copy", "--json", source, join(local, "copy"));
  const lines: string[] = [];
  for await (const chunk of second.stdout) lines.push(String(chunk));
  const events = lines
    .join("")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const transfer = events.find(({ event }) => event === "transfer");
  expect(transfer).toMatchObject({ outcome: "succeeded", resumedFrom: 2 * MIB, bytes: 4 * MIB });
  expect(events.at(-1)).toMatchObject({ bytes: { relayed: 4 * MIB, resumed: 2 * MIB } });
  expect((await readFile(join(local, "copy"))).equals(WHOLE)).toBe(true);
  expect((await readdir(local)).toSorted()).toEqual(["config", "copy", "state"]);
});
