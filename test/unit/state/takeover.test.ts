import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileLedger } from "../../../src/state/ledger.ts";
import { StateError } from "../../../src/state/state-error.ts";
import { memoryLedger } from "../../../src/transfer/ledger.ts";
import { begun, LEDGER, recordOfDead, processOf, lineOf } from "../../support/state-scene.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-state-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});
const recordFile = (key: string) => join(directory, "transfers", `${key}.json`);

describe("promise 9, one writer: taking over what another process began", () => {
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

  test("a takeover interrupted by the death of its process is completed by the next one", async () => {
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
