import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadDaemon } from "../../../src/config/load/load-daemon.ts";
import { Reloader } from "../../../src/orchestrator/reload.ts";
import { noLogger } from "../../../src/shared/logger.ts";

let directory: string;
let used: (readonly string[])[];
let faults: string[];
let reloader: Reloader;
const jobs = () => join(directory, "jobs");

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-reload-"));
  await mkdir(jobs());
  [used, faults] = [[], []];
  const log = {
    ...noLogger,
    error: (fields: object) => faults.push((fields as { readonly fault: string }).fault),
  };
  const directories = { config: join(directory, "config"), jobs: jobs() };
  reloader = new Reloader(directories, (all) => used.push(all.map(({ name }) => name)), log);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(name: string, text = "copy: {from: /a, to: /b}\n"): Promise<void> {
  await writeFile(join(jobs(), `${name}.yaml`), text);
}

test("a jobs directory that cannot be read leaves the last good configuration in use, and is logged once", async () => {
  await write("one");
  await reloader.reload();
  await rm(jobs(), { recursive: true });
  await writeFile(jobs(), "a file");
  await reloader.reload();
  await reloader.reload();
  expect(used).toEqual([["one"]]);
  expect(faults).toEqual([expect.stringContaining("ENOTDIR") as string]);
  await rm(jobs());
  await mkdir(jobs());
  await write("two");
  await reloader.reload();
  expect(used.at(-1)).toEqual(["two"]);
  await write("two", "copy: 3\n");
  await reloader.reload();
  expect(faults).toHaveLength(2);
});

test("of readings that overlap, the newest files win", async () => {
  await write("one");
  const first = reloader.reload();
  await write("two");
  await Promise.all([first, reloader.reload()]);
  expect(used.at(-1)).toEqual(["one", "two"]);
});

test("what fails while the definitions are taken into use is logged, and the next reading works", async () => {
  await write("one");
  let isBroken = true;
  const log = {
    ...noLogger,
    error: (fields: object) => faults.push(JSON.stringify(fields)),
  };
  const taking = new Reloader(
    { config: join(directory, "config"), jobs: jobs() },
    (all) => {
      if (isBroken) throw new TypeError("not taken");
      used.push(all.map(({ name }) => name));
    },
    log,
  );
  await taking.reload();
  expect(faults).toEqual([expect.stringContaining("not taken") as string]);
  isBroken = false;
  await taking.reload();
  expect(used).toEqual([["one"]]);
});

test("a change to daemon.yaml is said to need a restart, once for each change", async () => {
  const config = join(directory, "config");
  const directories = { config, jobs: jobs() };
  await mkdir(config, { mode: 0o700 });
  const settings = (port: number) =>
    writeFile(join(config, "daemon.yaml"), `dataDirectory: ../state\napi: {port: ${port}}\n`);
  await settings(8021);
  const warned: string[] = [];
  const log = { ...noLogger, warn: (_: object, message: string) => void warned.push(message) };
  const running = (await loadDaemon(directories)).value;
  const own = new Reloader(directories, () => {}, log, running);
  await write("one");
  await own.reload();
  expect(warned).toEqual([]);
  await settings(8022);
  await own.reload();
  await own.reload();
  expect(warned).toEqual([
    "hosts and jobs are reloaded; a change to daemon.yaml takes effect after a restart",
  ]);
});
