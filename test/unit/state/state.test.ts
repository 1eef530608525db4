import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ownerOf, stateDirectory } from "../../../src/state/directory.ts";
import { fileJournal } from "../../../src/state/journal.ts";
import { fileLedger } from "../../../src/state/ledger.ts";
import { fileMemory } from "../../../src/state/memory.ts";
import { StateError } from "../../../src/state/state-error.ts";
import { BusyError } from "../../../src/transfer/errors.ts";
import { type Begun, memoryLedger } from "../../../src/transfer/ledger.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-state-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const begun = { source: "ftp://a/file", sizeBytes: 5, modifiedMs: 7 };

test.each([
  [{ FXPD_STATE: "/s" }, "/s"],
  [{ XDG_STATE_HOME: "/x" }, "/x/fxpd"],
])("what outlives a run is kept in %j: %s", (environment, expected) => {
  expect(stateDirectory(environment)).toBe(expected);
  expect(stateDirectory({})).toMatch(/\/\.local\/state\/fxpd$/);
});

test("promise 3: which ranges of a file in segments are written is recorded, and taken back with the file", async () => {
  const written = [
    { from: 0, to: 10 },
    { from: 20, to: 30 },
  ];
  for (const scope of [undefined, { tree: "ftp://b/", upcoming: () => [] }]) {
    const claim = await (await fileLedger(directory)).claim("ranges", begun, scope);
    await claim.begin({ ...begun, written: [] });
    await claim.begin({ ...begun, written });
    await claim.release(true);
    const again = await (await fileLedger(directory)).claim("ranges", begun);
    expect(again.begun).toEqual({ ...begun, written });
    await again.release(false);
  }
});

const REGISTER = new URL("../../../.config/register.mjs", import.meta.url).href;
const LEDGER = JSON.stringify(new URL("../../../src/state/ledger.ts", import.meta.url).href);
const recordFile = (key: string) => join(directory, "transfers", `${key}.json`);

/** Beyond the greatest number that Linux gives to a process. */
const DEAD = 4_194_305;

function recordOfDead(begun: Begun): string {
  return `${JSON.stringify({ machine: hostname(), process: DEAD, since: "1", isFree: false, begun })}\n`;
}

/** A process that runs this script, and ends with the tests. */
function processOf(script: string): ChildProcessByStdio<Writable, Readable, null> {
  const options = ["--import", REGISTER, "--input-type=module", "-e", script];
  return spawn("setpriv", ["--pdeathsig", "KILL", "--", process.execPath, ...options], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

/** The next line that a process prints. */
async function lineOf(stream: Readable): Promise<string> {
  let text = "";
  while (!text.includes("\n")) text += String((await once(stream, "data"))[0]);
  return text.trim();
}

describe("promise 9, one writer: the ledger", () => {
  test("a target has one writer, and is free again when that is done", async () => {
    const ledger = await fileLedger(directory);
    const claim = await ledger.claim("key", begun);
    expect(claim.begun).toBeUndefined();
    await expect(ledger.claim("key", begun)).rejects.toThrow(BusyError);
    await (await fileLedger(directory)).claim("other", begun);
    await claim.release(false);
    expect((await ledger.claim("key", begun)).begun).toBeUndefined();
  });

  test("how the bytes of a partial file arrived is known to the next try, and to none after it", async () => {
    const arrivedBy = { by: "relay", method: null, protected: false } as const;
    const ledger = await fileLedger(directory);
    await (await ledger.claim("key", begun)).release(true, arrivedBy);
    const next = await ledger.claim("key", begun);
    expect(next).toMatchObject({ begun, arrivedBy });
    await next.release(true);
    expect((await ledger.claim("key", begun)).arrivedBy).toBeUndefined();
  });

  test("what was begun and left is known to the next, who may begin anew", async () => {
    const ledger = await fileLedger(directory);
    await (await ledger.claim("key", begun)).release(true);
    const next = await ledger.claim("key", { source: "ftp://a/file", sizeBytes: 6 });
    expect(next.begun).toEqual(begun);
    await next.begin({ source: "ftp://a/file", sizeBytes: 6 });
    await next.release(true);
    expect((await ledger.claim("key", begun)).begun).toEqual({ source: "ftp://a/file", sizeBytes: 6 });
  });

  test("all who share a directory have one name; another directory has another", async () => {
    const [one, two] = [await fileLedger(directory), await fileLedger(directory)];
    expect(one.owner).toMatch(/^[0-9a-f]{8}$/);
    expect(two.owner).toBe(one.owner);
    expect((await fileLedger(join(directory, "other"))).owner).not.toBe(one.owner);
  });

  test("a process that lives keeps its target; one that was killed loses it, and what it had begun is known", async () => {
    const child = processOf(`
      import { fileLedger } from ${LEDGER};
      await (await fileLedger(${JSON.stringify(directory)})).claim("key", ${JSON.stringify(begun)});
      console.log("claimed");
      setInterval(() => {}, 1000);`);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const ledger = await fileLedger(directory);
    await expect(ledger.claim("key", begun)).rejects.toThrow(`process ${child.pid} is writing this target`);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    const next = await ledger.claim("key", { source: "another" });
    expect(next).toMatchObject({ begun, mayHaveLeft: true });
  });

  /** What a process of this machine's, or of another one's, has left. */
  async function leave(key: string, given: object): Promise<void> {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "latin1")).trim();
    const namespace = await readlink("/proc/self/ns/pid");
    const entry = {
      machine: "boxa",
      process: process.pid,
      since: "1",
      boot,
      namespace,
      isFree: false,
      begun,
    };
    await writeFile(recordFile(key), JSON.stringify({ ...entry, ...given }));
  }

  async function beat(heartbeat: string, agoMs: number): Promise<void> {
    await mkdir(join(directory, "alive"), { recursive: true });
    await writeFile(join(directory, "alive", heartbeat), "");
    const at = (Date.now() - agoMs) / 1_000;
    await utimes(join(directory, "alive", heartbeat), at, at);
  }

  test.runIf(process.platform === "linux")(
    "a process that has got the number of one that was killed is not taken for it",
    async () => {
      const ledger = await fileLedger(directory);
      await leave("key", { machine: hostname() });
      expect(await ledger.claim("key", begun)).toMatchObject({ begun, mayHaveLeft: true });
    },
  );

  test.runIf(process.platform === "linux")(
    "a process that was killed under another host name loses its target at once where its processes are ours",
    async () => {
      const ledger = await fileLedger(directory);
      await leave("key", { process: DEAD });
      await beat("b", 0);
      expect(await ledger.claim("key", begun)).toMatchObject({ begun });
    },
  );

  test.each([
    ["another start of the machine", { boot: "another" }],
    ["another container", { namespace: "pid:[1]" }],
  ])(
    "a process of %s keeps its target as long as it is heard of, and the message says what to do",
    async (_, given) => {
      const ledger = await fileLedger(directory);
      await leave("key", { ...given, heartbeat: "b" });
      await beat("b", 20_000);
      await expect(ledger.claim("key", begun)).rejects.toThrow(
        /on boxa is writing this target; if it was killed, the target becomes free 30 s later/,
      );
      await beat("b", 31_000);
      expect(await ledger.claim("key", begun)).toMatchObject({ begun });
      await leave("other", { ...given, heartbeat: "never" });
      expect(await ledger.claim("other", begun)).toMatchObject({ begun });
    },
  );

  test("a process gives signs of life while it has a target, and takes them with it when it ends", async () => {
    const script = `
      import { fileLedger } from ${LEDGER};
      import { readdirSync } from "node:fs";
      await (await fileLedger(${JSON.stringify(directory)})).claim("key", ${JSON.stringify(begun)});
      console.log(readdirSync(${JSON.stringify(directory)} + "/alive").length);
      process.exit();`;
    const child = processOf(script);
    const ended = once(child, "exit");
    expect(await lineOf(child.stdout)).toBe("1");
    await ended;
    expect(await readdir(join(directory, "alive"))).toEqual([]);
  });

  test("who was stopped for longer than it is believed to live gives no file its name that another writes, and leaves that alone", async () => {
    const ledger = await fileLedger(directory);
    const [kept, lost] = [await ledger.claim("kept", begun), await ledger.claim("lost", begun)];
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    try {
      expect(() => kept.requireHeld?.()).not.toThrow();
      await leave("lost", { namespace: "pid:[1]", heartbeat: "b" });
      expect(() => lost.requireHeld?.()).toThrow(BusyError);
      await expect(lost.begin(begun)).rejects.toThrow(BusyError);
      await lost.release(false);
      expect(await readFile(recordFile("lost"), "utf8")).toContain("boxa");
      await kept.release(false);
      expect(existsSync(recordFile("kept"))).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test("what a process left beside a record when it was killed goes with the next one; what counts stays", async () => {
    const folder = join(directory, "transfers");
    await mkdir(folder, { recursive: true });
    const [one, two] = [recordOfDead(begun), recordOfDead({ source: "ftp://a/later" })];
    const after = (text: string) =>
      `key.json.after-${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
    await writeFile(join(folder, "key.json"), one);
    await writeFile(join(folder, after(one)), two);
    await writeFile(join(folder, `${after(two)}.0badcafe`), recordOfDead(begun));
    await writeFile(join(folder, after("long gone")), recordOfDead(begun));
    await writeFile(join(folder, "other.json.0badcafe"), recordOfDead(begun));
    const ledger = await fileLedger(directory);
    expect((await readdir(folder)).sort()).toEqual([after(one), "key.json"].sort());
    expect((await ledger.claim("key", begun)).begun).toEqual({ source: "ftp://a/later" });
  });

  test("what nobody has asked for in a month is forgotten; what a process has is not", async () => {
    const folder = join(directory, "transfers");
    await mkdir(folder, { recursive: true });
    const held = await (await fileLedger(directory)).claim("held", begun);
    for (const key of ["old", "young"]) await writeFile(recordFile(key), recordOfDead(begun));
    const month = new Date(Date.now() - 31 * 86_400_000);
    for (const key of ["old", "held"]) await utimes(recordFile(key), month, month);
    await fileLedger(directory);
    expect((await readdir(folder)).sort()).toEqual(["held.json", "young.json"]);
    await held.release(false);
  });

  test("of many who want it at once, one gets it", async () => {
    const ledger = await fileLedger(directory);
    await (await ledger.claim("key", begun)).release(true);
    const wants = Array.from({ length: 20 }, () => ledger.claim("key", begun));
    const ends = await Promise.allSettled(wants);
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await readdir(join(directory, "transfers"))).sort()).toEqual(["key.json"]);
  });

  test("of many processes that take over what a dead one began, one gets each, and none forgets it", async () => {
    const keys = Array.from({ length: 400 }, (_, index) => `key${index}`);
    await fileLedger(directory);
    for (const key of keys) await writeFile(recordFile(key), recordOfDead(begun));
    const script = `
      import { fileLedger } from ${LEDGER};
      const ledger = await fileLedger(${JSON.stringify(directory)});
      const at = Number(await new Promise((resolve) => {
        process.stdin.once("data", resolve);
        console.log("ready");
      }));
      const claims = {};
      for (const [index, key] of ${JSON.stringify(keys)}.entries()) {
        while (Date.now() < at + index * 2);
        claims[key] = await ledger.claim(key, { source: "another" }).then((claim) => claim.begun, (error) => error.code);
      }
      console.log(JSON.stringify(claims));
      process.stdin.once("data", () => process.exit());`;
    const children = Array.from({ length: 4 }, () => processOf(script));
    await Promise.all(children.map((child) => new Promise((resolve) => child.stdout.once("data", resolve))));
    const ends = Promise.all(children.map(({ stdout }) => lineOf(stdout)));
    for (const child of children) child.stdin.write(String(Date.now() + 200));
    const claims = (await ends).map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const child of children) child.stdin.end("over");
    for (const key of keys) {
      const won = claims.map((of) => of[key]).filter((one) => one !== "busy");
      expect(won, key).toEqual([begun]);
    }
    const left = await readdir(join(directory, "transfers"));
    expect(left.sort()).toEqual(keys.map((key) => `${key}.json`).sort());
  }, 60_000);

  test("processes that take turns at one target never have it at once, and what was begun goes with it", async () => {
    await (await (await fileLedger(directory)).claim("key", begun)).release(true);
    const script = `
      import { rmdirSync, mkdirSync } from "node:fs";
      import { fileLedger } from ${LEDGER};
      const ledger = await fileLedger(${JSON.stringify(directory)});
      const faults = [];
      for (let won = 0, until = Date.now() + 20_000; won < 100 && Date.now() < until; ) {
        const claim = await ledger.claim("key", { source: "another" }).catch((error) => error);
        if (claim.code === "busy") continue;
        if (claim.begun?.source !== ${JSON.stringify(begun.source)}) faults.push(String(claim.message ?? "forgotten"));
        try {
          mkdirSync(${JSON.stringify(join(directory, "mark"))});
          rmdirSync(${JSON.stringify(join(directory, "mark"))});
        } catch (error) {
          faults.push(error.code);
        }
        won += 1;
        await claim.release?.(true);
      }
      console.log(JSON.stringify(faults));`;
    const lines = await Promise.all([1, 2, 3].map(() => lineOf(processOf(script).stdout)));
    expect(lines).toEqual(["[]", "[]", "[]"]);
    expect(await readdir(join(directory, "transfers"))).toEqual(["key.json"]);
  }, 60_000);

  test("a takeover that was cut off by a death is gone on with", async () => {
    const ledger = await fileLedger(directory);
    const [first, second] = [recordOfDead(begun), recordOfDead({ ...begun, sizeBytes: 6 })];
    await writeFile(recordFile("key"), first);
    const digest = createHash("sha256").update(first).digest("hex").slice(0, 32);
    await writeFile(`${recordFile("key")}.after-${digest}`, second);
    const ends = await Promise.allSettled(
      Array.from({ length: 8 }, () => ledger.claim("key", { source: "x" })),
    );
    const won = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    expect(won.map((claim) => claim.begun)).toEqual([{ ...begun, sizeBytes: 6 }]);
    expect(await readdir(join(directory, "transfers"))).toEqual(["key.json"]);
    await won[0]?.release(false);
    expect(await readdir(join(directory, "transfers"))).toEqual([]);
  });

  test.each([
    ["empty", ""],
    ["cut off", '{"machine":"a","proc'],
    ["of another form", '{"version":2}'],
    ["of zeros", "\0".repeat(512)],
  ])("a record that is %s holds nothing and proves nothing, but may have left a file", async (_, text) => {
    const ledger = await fileLedger(directory);
    await writeFile(recordFile("key"), text);
    const claim = await ledger.claim("key", begun);
    expect(claim).toMatchObject({ begun: undefined, mayHaveLeft: true });
    // Until something is begun anew, whatever lies there is no beginning of this source.
    await claim.release(true);
    const next = await ledger.claim("key", begun);
    expect(next).toMatchObject({ begun: undefined, mayHaveLeft: true });
    await next.begin(begun);
    await next.release(true);
    expect((await ledger.claim("key", { source: "x" })).begun).toEqual(begun);
  });

  test.each([
    ["in files", () => fileLedger(directory)],
    ["in memory", async () => memoryLedger("owner")],
  ])("whether anything may have been left is known %s", async (_, open) => {
    const ledger = await open();
    const first = await ledger.claim("key", begun);
    expect(first.mayHaveLeft).toBe(false);
    await first.release(true);
    const second = await ledger.claim("key", begun);
    expect(second.mayHaveLeft).toBe(true);
    await second.release(false);
    expect((await ledger.claim("key", begun)).mayHaveLeft).toBe(false);
  });

  test.each([true, false])(
    "a right that cannot be given back (kept: %s) fails nothing, and is free",
    async (kept) => {
      const ledger = await fileLedger(directory);
      const claim = await ledger.claim("key", begun);
      const text = await readFile(recordFile("key"), "utf8");
      // Neither rename(2) nor unlink(2) can do away with a directory, whoever asks.
      await rm(recordFile("key"));
      await mkdir(recordFile("key"));
      await claim.release(kept);
      await rm(recordFile("key"), { recursive: true });
      await writeFile(recordFile("key"), text);
      expect((await ledger.claim("key", { source: "x" })).begun).toEqual(begun);
      expect(await readdir(join(directory, "transfers"))).toEqual(["key.json"]);
    },
  );

  test("a right that cannot be recorded is no full target", async () => {
    const ledger = await fileLedger(directory);
    await rm(join(directory, "transfers"), { recursive: true });
    const error = await ledger.claim("key", begun).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StateError);
    expect(error).toMatchObject({
      message: `cannot write to the state directory ${directory}: no such file or directory (ENOENT); check that directory, or set FXPD_STATE to another directory`,
      retry: "never",
    });
  });
});

describe("the owner", () => {
  test("is one for all processes that ask at once for the first time", async () => {
    const at = Date.now() + 3_000;
    const script = `
      import { ownerOf } from ${JSON.stringify(new URL("../../../src/state/directory.ts", import.meta.url).href)};
      while (Date.now() < ${at});
      const owners = [];
      for (let round = 0; round < 300; round += 1) {
        while (Date.now() < ${at} + round * 3);
        owners.push(ownerOf(${JSON.stringify(directory)} + "/" + round));
      }
      console.log(JSON.stringify(owners));`;
    const lines = await Promise.all([1, 2, 3, 4].map(() => lineOf(processOf(script).stdout)));
    expect(JSON.parse(lines[0] ?? "")).toHaveLength(300);
    expect(new Set(lines).size).toBe(1);
  }, 60_000);

  test("is agreed upon by all where its file was spoilt", async () => {
    await writeFile(join(directory, "owner"), "");
    const owners = [1, 2, 3, 4].map(() => ownerOf(directory));
    expect(new Set(owners).size).toBe(1);
    expect(owners[0]).toMatch(/^[0-9a-f]{8}$/);
    expect(ownerOf(directory)).toBe(owners[0]);
  });
});

describe("the journal", () => {
  const one = {
    target: "/a",
    source: { sizeBytes: 1, modifiedMs: 2 },
    stored: { sizeBytes: 1, modifiedMs: 3 },
  };

  test("tells the next run of the same copy what was finished, and no other", async () => {
    const first = await fileJournal(directory, "copy");
    first.note(one);
    expect((await fileJournal(directory, "copy")).finished("/a")).toEqual(one);
    expect((await fileJournal(directory, "another")).finished("/a")).toBeUndefined();
  });

  test("a last line that was cut off is passed over", async () => {
    (await fileJournal(directory, "copy")).note(one);
    const [file = ""] = await readdir(join(directory, "journals"));
    await appendFile(join(directory, "journals", file), '{"target":"/b","sour');
    const next = await fileJournal(directory, "copy");
    expect(next.finished("/a")).toEqual(one);
    expect(next.finished("/b")).toBeUndefined();
  });

  test.runIf(existsSync("/dev/full"))(
    "a full disk fails no file that is in its place, and is told",
    async () => {
      const journals = join(directory, "journals");
      const journal = await fileJournal(directory, "copy");
      expect(journal.fault).toBeUndefined();
      journal.note(one);
      const [file = ""] = await readdir(journals);
      await rename(join(journals, file), join(journals, "aside"));
      await symlink("/dev/full", join(journals, file));
      journal.note({ ...one, target: "/b" });
      expect(journal.fault).toMatch(/no space left on the disk \(ENOSPC\).* The next run will not know/);
      // As if a part of the line had still found room.
      await rm(join(journals, file));
      await rename(join(journals, "aside"), join(journals, file));
      await appendFile(join(journals, file), '{"target":"/b","sour');
      journal.note({ ...one, target: "/c" });
      journal.note({ ...one, target: "/d" });
      const next = await fileJournal(directory, "copy");
      expect(["/a", "/b", "/c", "/d"].map((path) => next.finished(path)?.target)).toEqual([
        "/a",
        undefined,
        "/c",
        "/d",
      ]);
      expect(journal.fault).toMatch(/no space left on the disk \(ENOSPC\).* The next run will not know/);
    },
  );

  test("one that cannot be deleted fails no copy, and is told", async () => {
    const journal = await fileJournal(directory, "copy");
    journal.note(one);
    const [file = ""] = await readdir(join(directory, "journals"));
    await rm(join(directory, "journals", file));
    await mkdir(join(directory, "journals", file));
    await journal.close(true);
    expect(journal.fault).toMatch(/^cannot write to the state directory .*\(E[A-Z]+\); check that directory/);
  });

  test("is gone when a run came to a good end, and stays when it did not", async () => {
    const first = await fileJournal(directory, "copy");
    first.note(one);
    await first.close(false);
    const second = await fileJournal(directory, "copy");
    second.note({ ...one, target: "/b" });
    await second.close(true);
    expect(await readdir(join(directory, "journals"))).toEqual([]);
  });
});

test("memory keeps values by key, in this process and the next, and forgets what cannot be read", async () => {
  const memory = fileMemory(directory);
  expect(await memory.recall("a")).toBeUndefined();
  await memory.remember("a", { worked: "target-pasv" });
  expect(await fileMemory(directory).recall("a")).toEqual({ worked: "target-pasv" });
  const [file = ""] = await readdir(join(directory, "memory"));
  await writeFile(join(directory, "memory", file), "{");
  expect(await memory.recall("a")).toBeUndefined();
});
