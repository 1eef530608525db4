import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/until.ts";
import { MAIN } from "../support/program.ts";
import { scriptedServer } from "../support/scripted-server.ts";

const FILES = 500;

let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-unread-"));
  await mkdir(join(work, "files"));
  // More than a pipe holds.
  await writeFile(join(work, "large"), Buffer.alloc(1_000_000));
  for (let index = 0; index < FILES; index += 1) await writeFile(join(work, "files", `${index}`), `${index}`);
});

afterAll(() => rm(work, { recursive: true, force: true }));

/** Runs fxpd; its reader goes after the first chunk, or before it. */
function fxpd(args: readonly string[], goes: "at once" | "after a chunk" | "never") {
  const env = { ...process.env, FXPD_STATE: join(work, "state"), FXPD_CONFIG: work };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: work, env });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  if (goes === "at once") child.stdout.destroy();
  else child.stdout.once("data", () => (goes === "never" ? child.stdout.resume() : child.stdout.destroy()));
  return new Promise<{ readonly status: number | null; readonly complaint: string }>((resolve) =>
    child.once("close", (status) => resolve({ status, complaint })),
  );
}

test("where there is no configuration, check says where it looked and how to name one", async () => {
  const { FXPD_CONFIG: _, FXPD_JOBS: __, ...env } = process.env;
  const cwd = join(work, "files");
  const child = spawn(process.execPath, [MAIN, "check"], { cwd, env });
  const complaint = text(child.stderr);
  await once(child, "close");
  expect(await complaint).toMatch(
    /^no configuration found: there is no \S*config, and no job in \S*jobs; name one with --config DIR/,
  );
});

test("a failed write is reported in a sentence", async () => {
  const full = await open("/dev/full", "w");
  const env = { ...process.env, FXPD_STATE: join(work, "state"), FXPD_CONFIG: work };
  const child = spawn(process.execPath, [MAIN, "ls", "--json", "./files"], {
    ...{ cwd: work, env },
    stdio: ["ignore", full.fd, "pipe"],
  });
  const complaint = text(child.stderr as Readable);
  const [status] = (await once(child, "close")) as [number];
  await full.close();
  expect(status).toBe(1);
  expect(await complaint).toMatch(/^fxpd: cannot write output: ENOSPC[^\n]*\n$/);
});

test("a password in a URL is in no process list", async () => {
  // Says nothing, so that it is waited for.
  await using server = await scriptedServer({ greeting: "" });
  const url = (login: string) => `ftp://${login}@${server.address}:${server.port}/x`;
  const args = ["ls", url("me:hunter2"), "--json"];
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: work,
    env: { ...process.env, FXPD_CONFIG: work },
  });
  try {
    const seen = () => readFile(`/proc/${child.pid}/cmdline`, "utf8");
    await until(async () => (await seen()).startsWith("fxpd"), "it has another title", 60_000, 2);
    expect(await seen()).toContain(url("me"));
    expect(await seen()).not.toContain("hunter2");
  } finally {
    child.kill("SIGKILL");
    await once(child, "close");
  }
});

test("a daemon that cannot reach its Redis can do nothing", async () => {
  const config = join(work, "away");
  await mkdir(config);
  await writeFile(join(config, "daemon.yaml"), "redis: {url: redis://127.77.0.1:9}\n");
  const { status, complaint } = await fxpd(["daemon", "--config", config], "never");
  expect(complaint).toContain("127.77.0.1:9");
  expect(status).toBe(3);
});

test("a file is not copied onto itself, however it is called", async () => {
  const { status, complaint } = await fxpd(["copy", "./files/1", join(work, "files")], "never");
  expect({ status, complaint }).toEqual({
    status: 1,
    complaint: expect.stringContaining("source and target are the same file"),
  });
  expect(await readFile(join(work, "files/1"), "utf8")).toBe("1");
});

describe("fxpd whose reader has gone", () => {
  test.each([["--help"], ["copy --help"], ["--version"], ["ls ./files"], ["cat large"]])(
    "ends %s as SIGPIPE would, without a stack",
    async (line) => {
      const { status, complaint } = await fxpd(line.split(" "), "at once");
      expect({ status, complaint }).toEqual({ status: 141, complaint: "" });
    },
  );

  test("leaves no half of a file under its name, and the next copy has them all", async () => {
    // With so much to say that it cannot end before somebody has read.
    const { status, complaint } = await fxpd(["copy", "--json", "./files/*", "./copies/"], "after a chunk");
    expect(status).toBe(141);
    expect(complaint).not.toMatch(/EPIPE|^\s+at /m);
    for (const name of (await readdir(join(work, "copies"))).filter((one) => !one.startsWith(".")))
      expect(await readFile(join(work, "copies", name), "utf8")).toBe(name);
    const again = await fxpd(["copy", "./files/*", "./copies/"], "never");
    expect(again).toMatchObject({ status: 0 });
    expect((await readdir(join(work, "copies"))).sort()).toEqual((await readdir(join(work, "files"))).sort());
  });
});
