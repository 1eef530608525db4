import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAIN } from "../support/program.ts";
import { scriptedServer } from "../support/scripted-server.ts";
import { Terminal } from "../support/terminal.ts";

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-display-"));
  await mkdir(join(work, "from"));
  await mkdir(join(work, "to"));
  await writeFile(join(work, "from", "new"), "new");
  for (const name of ["old-1", "old-2"]) await writeFile(join(work, "to", name), name);
});
afterEach(() => rm(work, { recursive: true, force: true }));

async function fxpd(...args: readonly string[]) {
  const env = { ...process.env, FXPD_STATE: join(work, "state"), FXPD_CONFIG: work };
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: work,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((tell) => child.once("close", tell));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, status };
}

const MIRROR = ["mirror", "--delete", "--max-delete", "100%"];

test("who is to be asked and cannot be changes nothing: exit status 2", async () => {
  for (const command of [
    [...MIRROR, "-i", "./from", "./to"],
    ["rm", "-r", "--interactive", "./to"],
  ]) {
    const { err, out, status } = await fxpd(...command, "--json");
    expect(err).toBe("fxpd: --interactive: needs a terminal to ask on\n");
    expect(JSON.parse(out.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      event: "summary",
      outcome: "failed",
    });
    expect(status).toBe(2);
  }
  expect((await readdir(join(work, "to"))).sort()).toEqual(["old-1", "old-2"]);
});

test("on a terminal, deletions are done when they are agreed to: exit status 4 where not", async () => {
  const env = { FXPD_CONFIG: work };
  const question = /delete 2 files: old-[12], old-[12]\? /;
  for (const [answer, status, there] of [
    ["n", 4, ["new", "old-1", "old-2"]],
    ["y", 0, ["new"]],
  ] as const) {
    await using terminal = new Terminal(work, [...MIRROR, "-i", "./from", "./to"], env);
    await terminal.type(question, `${answer}\r`);
    expect(await terminal.ended).toBe(status);
    expect((await readdir(join(work, "to"))).sort()).toEqual(there);
  }
  await using terminal = new Terminal(work, ["rm", "-i", "./to/new"], env);
  await terminal.type(/delete 1 file: .*new\? /, "y\r");
  expect(await terminal.ended).toBe(0);
  expect(await readdir(join(work, "to"))).toEqual([]);
});

test("a log has what -v says of every run, with times and without passwords, and has to be there first", async () => {
  await using server = await scriptedServer({ PASS: "530 No" });
  const url = `ftp://me:hunter2@${server.address}:${server.port}/x`;
  expect((await fxpd("copy", "--log-file", "log", "-q", "./from/new", "./out/")).status).toBe(0);
  expect((await fxpd("copy", "--log-file", "log", "-vv", "--retries", "0", url, "./out/")).status).toBe(3);
  const log = await readFile(join(work, "log"), "utf8");
  for (const line of log.trimEnd().split("\n")) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z /);
  expect(log).toMatch(/Z started: fxpd copy \.\/from\/new \.\/out\/\n[^]*new → [^]*Z succeeded: 1 copied/);
  expect(log).toMatch(
    /Z started: fxpd copy ftp:\/\/me@[^]*→ PASS [^]*← 530 No\n[^]*Z failed: [^\n]*530 No \(check the user name and the password\)\n/,
  );
  expect(log).not.toContain("hunter2");

  const { status, err } = await fxpd("copy", "--log-file", "none/log", "./from/new", "./nowhere/");
  expect(err).toMatch(/^fxpd: none\/log: cannot be opened: no such file[^\n]*\n$/);
  expect(status).toBe(2);
  expect(await readdir(work)).not.toContain("nowhere");
});

test("one line of a run has the date, and nothing else is printed", async () => {
  const { out, err } = await fxpd(...MIRROR, "--one-line", "./from", "./to");
  expect(out).toMatch(/^[\dT:.-]+Z fxpd mirror \.\/from \.\/to: succeeded: 1 copied, 2 deleted, [^\n]*\n$/);
  expect(err).toBe("");
});
