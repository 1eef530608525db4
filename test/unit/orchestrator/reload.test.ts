import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadDaemon } from "../../../src/config/load/load-daemon.ts";
import { Reloader } from "../../../src/orchestrator/reload.ts";
import { type Logger, noLogger } from "../../../src/shared/logger.ts";

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

describe("daemon.yaml", () => {
  const NEEDS_RESTART = "a change to daemon.yaml takes effect after a restart";
  const AS_BEFORE = "daemon.yaml is as the daemon runs again; no restart is needed";
  const RELOADED = "configuration reloaded";
  let said: string[];
  let own: Reloader;
  const settings = (lines: string) => writeFile(join(directory, "config/daemon.yaml"), lines);
  const port = (number: number) => settings(`dataDirectory: ../state\napi: {port: ${number}}\n`);
  /** What is logged when it is read again. */
  const reloaded = async () => {
    said = [];
    await own.reload();
    return said;
  };

  beforeEach(async () => {
    const directories = { config: join(directory, "config"), jobs: jobs() };
    await mkdir(directories.config, { mode: 0o700 });
    await port(8021);
    await write("one");
    const log: Logger = {
      ...noLogger,
      info: (_, message) => void said.push(message),
      warn: (_, message) => void said.push(message),
      error: (fields, message) =>
        void said.push(`${message}: ${(fields as { readonly fault: string }).fault}`),
    };
    own = new Reloader(directories, () => {}, log, (await loadDaemon(directories)).value);
  });

  test("a change is said to need a restart, once for each change, and one that is undone is not", async () => {
    expect(await reloaded()).toEqual([RELOADED]);
    await port(8022);
    expect(await reloaded()).toEqual([NEEDS_RESTART, RELOADED]);
    expect(await reloaded()).toEqual([RELOADED]);
    await port(8023);
    expect(await reloaded()).toEqual([NEEDS_RESTART, RELOADED]);
    await port(8021);
    expect(await reloaded()).toEqual([AS_BEFORE, RELOADED]);
    expect(await reloaded()).toEqual([RELOADED]);
  });

  test("a change is told beside a faulty job", async () => {
    await port(8022);
    await write("one", "copy: 3\n");
    expect(await reloaded()).toEqual([
      expect.stringContaining("configuration not reloaded") as string,
      NEEDS_RESTART,
    ]);
  });

  test("a fault in it is told once, as long as it stays", async () => {
    await port(99_999);
    expect(await reloaded()).toEqual([
      expect.stringMatching(/^configuration not reloaded.*daemon\.yaml:2/) as string,
    ]);
    expect(await reloaded()).toEqual([]);
    await port(8021);
    expect(await reloaded()).toEqual([AS_BEFORE, RELOADED]);
  });

  test("a data directory with which the daemon would not start is told once", async () => {
    await mkdir(join(directory, "state"));
    await chmod(join(directory, "state"), 0o777);
    const fault = expect.stringMatching(/^daemon\.yaml is invalid; .*state/) as string;
    expect(await reloaded()).toEqual([fault, RELOADED]);
    expect(await reloaded()).toEqual([RELOADED]);
  });
});
