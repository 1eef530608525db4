import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { stateDirectory } from "../../../src/state/directory.ts";
import { FileClaims } from "../../../src/state/file-claims.ts";
import { fileLedger } from "../../../src/state/ledger.ts";
import { BusyError } from "../../../src/transfer/errors.ts";
import { begun, LEDGER, DEAD, recordOfDead, processOf, lineOf } from "../../support/state-scene.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-state-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

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
const recordFile = (key: string) => join(directory, "transfers", `${key}.json`);

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

  test("what was killed in the middle of writing is deleted: a record at once, all others when they are old", async () => {
    const aside = ".0123456789abcdef1z";
    for (const folder of ["transfers", "runs", "journals", "memory", "index"])
      await mkdir(join(directory, folder), { recursive: true });
    await writeFile(join(directory, "transfers", `key.json${aside}`), "");
    const old = ["owner", "runs/0a.log", "journals/0b-0c.jsonl", "memory/0d.json", "index/0e"];
    const young = old.map((name) => join(directory, `${name}${aside}young`));
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
    for (const name of old) {
      await writeFile(join(directory, `${name}${aside}`), "");
      await utimes(join(directory, `${name}${aside}`), hoursAgo, hoursAgo);
    }
    for (const file of young) await writeFile(file, "");
    // What cannot be deleted stops nobody.
    const directoryThere = join(directory, `memory/0f.json${aside}`);
    await mkdir(directoryThere);
    await utimes(directoryThere, hoursAgo, hoursAgo);
    await fileLedger(directory);
    const left = (await readdir(directory, { recursive: true })).filter((name) => name.includes(aside));
    expect(left.map((name) => join(directory, name)).sort()).toEqual([...young, directoryThere].sort());
  });

  test("who writes a record while others sweep what is half written writes it again", async () => {
    const { href } = new URL("../../../src/state/directory.ts", import.meta.url);
    const file = recordFile("key");
    new FileClaims(directory);
    const writer = processOf(`
      import { readFileSync } from "node:fs";
      import { isCreated, writeWhole } from ${JSON.stringify(href)};
      console.log("ready");
      const faults = [];
      for (let turn = 0; turn < 500; turn += 1) {
        if (!isCreated(${JSON.stringify(file)} + turn + ".json", "one")) faults.push(turn);
        writeWhole(${JSON.stringify(file)}, "text " + turn);
        if (readFileSync(${JSON.stringify(file)}, "utf8") !== "text " + turn) faults.push(turn);
      }
      console.log(JSON.stringify(faults));`);
    expect(await lineOf(writer.stdout)).toBe("ready");
    const ended = { isSo: false };
    const faults = lineOf(writer.stdout).finally(() => (ended.isSo = true));
    // Each looks at the folder as one that has just been started.
    for (; !ended.isSo; await new Promise(setImmediate)) new FileClaims(directory);
    expect(await faults).toBe("[]");
  }, 60_000);

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
});
