import fs from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { daemonCommand } from "../../src/cli/commands/jobs/daemon.ts";
import { EXIT } from "../../src/cli/process/exit.ts";
import { fxpd } from "../support/in-process.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

// The daemon and the commands that speak to it, all in this process, on a real Redis.

type Listener = (...words: unknown[]) => void;
const listenersOf = (event: string) => process.listeners(event as "SIGTERM") as unknown as Listener[];

let redis: TestRedis;
let root: string;
/** What has been logged, and who waits for something to be. */
let logged = "";
const waiting: { readonly text: string; readonly done: () => void }[] = [];
const printing = { ...globalThis.console };
/** Called when the process would have ended. */
let exited: () => void = () => {};

/** Until a line of the log has this. */
function line(text: string): Promise<void> {
  return new Promise((done) => {
    if (logged.includes(text)) done();
    else waiting.push({ text, done });
  });
}

beforeAll(async () => {
  redis = await startRedis();
  root = await mkdtemp(join(tmpdir(), "fxpd-daemon-"));
  vi.stubEnv("FXPD_STATE", join(root, "state"));
  vi.stubEnv("FXPD_CONFIG", join(root, "config"));
  for (const directory of ["config/hosts", "jobs", "a", "b"])
    await mkdir(join(root, directory), { recursive: true, mode: 0o700 });
  const url = `redis://127.0.0.1:${redis.port}/0`;
  const lines = [`redis: {url: "${url}", prefix: daemon}`, "dataDirectory: ../data", "api: {port: 0}"];
  await writeFile(join(root, "config/daemon.yaml"), `${lines.join("\n")}\n`);
  await writeFile(
    join(root, "jobs/nightly.yaml"),
    `copy: {from: "${root}/a/one", to: "${root}/b/"}\nschedule: {cron: "15 2 1 1 *"}\n`,
  );
  await writeFile(join(root, "jobs/missing.yaml"), `copy: {from: "${root}/a/none", to: "${root}/b/"}\n`);
  await writeFile(join(root, "a/one"), "1");
  const { writeSync } = fs;
  vi.spyOn(fs, "writeSync").mockImplementation(((descriptor: number, text: never, ...more: never[]) => {
    if (descriptor !== 2) return writeSync(descriptor, text, ...more);
    logged += String(text);
    for (const one of waiting.splice(0))
      if (logged.includes(one.text)) one.done();
      else waiting.push(one);
    return Buffer.byteLength(String(text));
  }) as typeof fs.writeSync);
  vi.spyOn(process, "exit").mockImplementation((() => exited()) as typeof process.exit);
});
afterAll(async () => {
  vi.restoreAllMocks();
  Object.assign(globalThis.console, printing);
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
  await redis[Symbol.asyncDispose]();
});

/** Starts parts of the daemon, does something while they run, and ends them as SIGTERM does. */
async function whileRunning(
  parts: Parameters<typeof daemonCommand>[0],
  act: (send: (signal: "SIGTERM" | "SIGHUP") => void) => Promise<void>,
): Promise<number> {
  logged = "";
  const known = { SIGTERM: listenersOf("SIGTERM"), SIGHUP: listenersOf("SIGHUP") };
  const gone = new Promise<void>((resolve) => (exited = resolve));
  const ended = daemonCommand(parts, {}, "1.2.3");
  const added = (signal: "SIGTERM" | "SIGHUP") =>
    listenersOf(signal).filter((one) => !known[signal].includes(one));
  const ours = { SIGTERM: added("SIGTERM"), SIGHUP: added("SIGHUP") };
  const send = (signal: "SIGTERM" | "SIGHUP") => {
    for (const listener of ours[signal]) listener();
  };
  await Promise.race([line("fxpd is ready"), ended]);
  try {
    await act(send);
  } finally {
    send("SIGTERM");
    await ended;
    // What might keep the process has no say in when it ends.
    await gone;
  }
  return ended;
}

test("the daemon works off what is submitted, and is asked about it by the other commands", async () => {
  const status = await whileRunning(["scheduler", "worker", "api"], async (send) => {
    expect(logged).toContain('"msg":"API listening"');
    const submitted = await fxpd("submit", "nightly", "--wait", "--json");
    expect(submitted).toMatchObject({ status: EXIT.done, err: "" });
    const { id } = JSON.parse(submitted.out) as { id: string };
    expect(await readFile(join(root, "b/one"), "utf8")).toBe("1");
    expect(await fxpd("show", id, "--wait")).toMatchObject({ status: EXIT.done });
    expect((await fxpd("show", id, "--json")).out).toContain('"outcome":"succeeded"');
    expect((await fxpd("show", id)).out).toContain("succeeded");
    expect((await fxpd("logs", id, "--follow")).out).toContain("succeeded");
    expect((await fxpd("logs", id, "--json", "-vv")).out).toContain('"event":"transfer"');
    expect((await fxpd("history", "nightly")).out).toContain(id);
    expect((await fxpd("history", "nightly", "--json", "--days")).out).toContain('"event":"day"');
    expect((await fxpd("workers")).out).toContain("1.2.3");
    expect(JSON.parse((await fxpd("workers", "--json")).out.split("\n", 1)[0] ?? "")).toMatchObject({
      version: "1.2.3",
    });
    const failed = await fxpd("submit", "missing", "--wait");
    expect(failed).toMatchObject({ status: EXIT.someFailed, out: expect.stringContaining("failed") });
    const again = await fxpd("submit", "nightly", "--key", "once", "--dry-run", "--json");
    expect(again.status).toBe(EXIT.done);
    send("SIGHUP");
    // The row is written when the files have been read.
    while (!/\(SIGHUP\) {2}reload {2}done/.test((await fxpd("audit")).out));
  });
  expect(status).toBe(EXIT.done);
  expect(logged).toContain("fxpd is shutting down");
});

test("files that are not valid keep the daemon from starting: a line of the log for each fault, and status 2", async () => {
  const bad = { first: "copi: {}\n", second: "mirror: {from: here}\n" };
  for (const [name, text] of Object.entries(bad)) await writeFile(join(root, `jobs/${name}.yaml`), text);
  const status = await whileRunning(["scheduler"], async () => {});
  for (const name of Object.keys(bad)) await rm(join(root, `jobs/${name}.yaml`));
  expect(status).toBe(EXIT.wrongInput);
  const faults = logged.split("\n").filter((one) => one.includes("fxpd cannot start"));
  for (const name of Object.keys(bad)) expect(faults.join("\n")).toContain(`${name}.yaml`);
  expect(faults.length).toBeGreaterThanOrEqual(2);
});
