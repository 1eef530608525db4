import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TranscriptLine } from "../../src/ftp/connection/transcript.ts";
import { memoryLedger } from "../../src/transfer/ledger.ts";
import { FAMILIES, type RunningServer, startServers } from "../servers/index.ts";
import { moveOne } from "../support/pair.ts";

/** It takes long enough for a server to be killed while it is under way; where that happens before or after, a small one does. */
const LARGE = Buffer.alloc(48 * 1_048_576, "the whole of it, or nothing at all. ");
const SMALL = LARGE.subarray(0, 100_000);
const OLD = "what stood there before";

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers([...FAMILIES, ...FAMILIES].map((family) => ({ family })));
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

const MIDWAY: readonly [RegExp, RegExp, RegExp, RegExp] = [
  /^target us STOR/,
  /^source us RETR/,
  /^source server 1[25][05]/,
  /^target server 150/,
];

/** Moves a file, kills a server at the first line of the conversation that fits, and moves it once more. */
async function moveAndKill(source: RunningServer, target: RunningServer, victim: RunningServer, at: RegExp) {
  const content = MIDWAY.includes(at) ? LARGE : SMALL;
  await writeFile(join(source.root, "file"), content);
  await writeFile(join(target.root, "file"), OLD);
  let killed: Promise<void> | undefined;
  const transcript = ({ host, from, text }: TranscriptLine) => {
    if (killed === undefined && at.test(`${host} ${from} ${text}`)) killed = victim.kill();
  };
  const moving = { source, target, from: "file", to: "file", ledger: memoryLedger("t") };
  const outcome = await moveOne({ ...moving, policy: { fxp: "only" }, transcript }).then(
    () => "moved",
    () => "failed",
  );
  expect(killed, "the step was reached").toBeDefined();
  await killed;
  await victim.start();
  const names = (await readdir(target.root)).filter((name) => name !== "file");
  const stands = await readFile(join(target.root, "file"));
  await moveOne(moving);
  expect(await readdir(target.root), "names after the second try").toEqual(["file"]);
  expect((await readFile(join(target.root, "file"))).equals(content), "the second try is whole").toBe(true);
  await rm(join(target.root, "file"));
  const isPartial = (name: string) => /^\.fxpd-[0-9a-f]{16}-t\.part$/.test(name);
  return {
    outcome,
    left: names.filter((name) => !isPartial(name)),
    isOld: stands.equals(Buffer.from(OLD)),
    isWhole: stands.equals(content),
  };
}

const STEPS: Readonly<Record<string, RegExp>> = {
  "the source's greeting": /^source server 220/,
  "the target's login": /^target us PASS/,
  "the passive side's port": /server 227/,
  "the other being told": /us PORT/,
  STOR: MIDWAY[0],
  RETR: MIDWAY[1],
  "the source's 150": MIDWAY[2],
  "the target's 226": /^target server 226/,
  "the sizes asked for": /^target us (MLST|SIZE)/,
  RNFR: /^target us RNFR/,
  RNTO: /^target us RNTO/,
};

describe.each([
  { from: "vsftpd", to: "proftpd", source: 0, target: 5 },
  { from: "pyftpdlib", to: "pure-ftpd", source: 3, target: 6 },
  { from: "pure-ftpd", to: "vsftpd", source: 2, target: 4 },
])("promise 2, a final name is never a partial file: $from → $to", ({ source: one, target: two }) => {
  test.each(Object.entries(STEPS))(
    "a server killed at %s leaves the old file or the whole new one",
    async (_, at) => {
      const [source, target] = [started.servers[one], started.servers[two]];
      if (source === undefined || target === undefined) throw new Error("no servers");
      for (const victim of [source, target]) {
        const end = await moveAndKill(source, target, victim, at);
        expect(end.isOld || end.isWhole).toBe(true);
        if (end.outcome === "moved") expect(end.isWhole).toBe(true);
        expect(end.left).toEqual([]);
      }
    },
  );
});

describe("promise 1, success means success", () => {
  test.each(FAMILIES.map((family, index) => ({ family, index })))(
    "a source that dies midway is no success at $family, whatever that says",
    async ({ family, index }) => {
      const target = started.servers[index + 4];
      const source = started.servers[family === "vsftpd" ? 1 : 0];
      if (source === undefined || target === undefined) throw new Error("no servers");
      const end = await moveAndKill(source, target, source, MIDWAY[3]);
      expect(end).toMatchObject({ outcome: "failed", left: [], isOld: true, isWhole: false });
    },
  );
});
