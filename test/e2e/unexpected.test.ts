import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Desk } from "../support/desk.ts";
import { treeServer } from "../support/tree-server.ts";

/** Errors that have no owner, on a signal: what a fault of ours would do at some moment of a run. */
const FAULTS = {
  exception: 'throw new TypeError("x is not a function");',
  rejection: 'Promise.reject(new TypeError("x is not a function"));',
};

test.each(Object.entries(FAULTS))(
  "an unexpected %s ends a copy in good order, in one sentence that says where its stack is",
  async (_name, fault) => {
    await using source = await treeServer();
    await using desk = await Desk.open({ source });
    source.tree.write("/big", Buffer.alloc(40_000_000, "big"), 0);
    source.tree.write("/small", Buffer.from("small"), 0);
    const preload = join(desk.path, "preload.mjs");
    await writeFile(preload, `process.on("SIGUSR2", () => { ${fault} });`);
    desk.environment = { NODE_OPTIONS: `--import ${preload}` };
    const { child, ended } = desk.begin("copy", "--json", "--parallel", "1", "source:/*", "./here/");
    let told = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      const hadBegun = told.includes('"event":"start"');
      told += chunk.toString();
      if (!hadBegun && told.includes('"event":"start"')) child.kill("SIGUSR2");
    });
    const { status, err, summary } = await ended;
    expect(status, err).toBe(1);
    expect(summary).toMatchObject({
      outcome: "failed",
      because: expect.stringContaining("x is not a function"),
    });
    const said = err.split("\n").filter((line) => line.includes("unexpected"));
    expect(said, err).toEqual([
      expect.stringMatching(
        /^fxpd: unexpected error, probably a bug in fxpd: x is not a function; the stack trace is in \S+crashes\S+\.txt$/,
      ),
    ]);
    expect(err.length).toBeLessThan(1_000);
    const directory = join(desk.path, "state/crashes");
    const [file = ""] = await readdir(directory);
    expect(said[0]).toContain(file);
    expect(await readFile(join(directory, file), "utf8")).toMatch(/TypeError: x is not a function\n +at /);
    for (const name of await readdir(join(desk.path, "here")))
      expect(name.startsWith(".fxpd-") || ["big", "small"].includes(name)).toBe(true);
  },
);

test("a daemon logs what nobody expected, with its stack, and goes on", async () => {
  await using desk = await Desk.open();
  const preload = join(desk.path, "preload.mjs");
  await writeFile(preload, `process.on("SIGUSR2", () => { ${FAULTS.exception} });`);
  desk.environment = { NODE_OPTIONS: `--import ${preload}` };
  await mkdir(join(desk.path, "jobs"));
  await writeFile(join(desk.path, "config/daemon.yaml"), "api: {port: 0}\n");
  const { child, ended } = desk.begin("daemon");
  let told = "";
  let sent = 0;
  const hear = (chunk: Buffer) => {
    told += chunk.toString();
    if (sent === 0 && told.includes("fxpd is ready")) sent = child.kill("SIGUSR2") ? 1 : 0;
    if (sent === 1 && told.includes("unexpected error")) sent = child.kill("SIGTERM") ? 2 : 1;
  };
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);
  const { status } = await ended;
  expect(status, told).toBe(0);
  expect(told).toMatch(/"stack":"TypeError: x is not a function/);
  expect(told).not.toMatch(/stack trace is in/);
});
