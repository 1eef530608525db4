import { execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningServer } from "../servers/index.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { until } from "../support/until.ts";
import { MAIN } from "../support/program.ts";

const FILES = 20;
const MEGABYTE = 1_000_000;
/** So slow that ten kills find something in flight; bytes a second, each connection. */
const RATE = 10 * MEGABYTE;

let started: ArchiveAndEdge;
let archive: RunningServer;
let edge: RunningServer;
let work: string;
let size = 0;

beforeAll(async () => {
  started = await archiveAndEdge(RATE);
  ({ archive, edge } = started);
  work = await mkdtemp(join(tmpdir(), "fxpd-killed-"));
  await mkdir(join(work, "config/hosts"), { recursive: true });
  for (const [name, { address, port, user }] of Object.entries({ archive, edge })) {
    const lines = [
      `address: ${address}`,
      `port: ${port}`,
      `user: ${user}`,
      "passwordFrom: {env: SECRET}",
      "tls: off",
    ];
    await writeFile(join(work, `config/hosts/${name}.yaml`), `${lines.join("\n")}\n`);
  }
  await mkdir(join(archive.root, "in"));
  for (let index = 0; index < FILES; index += 1) {
    const octets = Math.round(MEGABYTE * (1 + (24 * index * index) / (FILES - 1) ** 2));
    size += octets;
    await grow(join(archive.root, "in", `file ${index}`), octets, index);
  }
}, 120_000);
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
});

/** A file whose every block is another, so that one in the wrong place is seen. */
async function grow(path: string, octets: number, seed: number): Promise<void> {
  const block = 65_536;
  const blocks = function* () {
    for (let at = 0; at < octets; at += block) {
      yield Buffer.alloc(Math.min(block, octets - at), `${seed} at ${at}; `);
    }
  };
  await pipeline(Readable.from(blocks()), createWriteStream(path));
}

/** What the source says it has sent: all of its downloads, also those that were cut off. */
async function octetsRead(): Promise<number> {
  const log = await archive.log();
  return [...log.matchAll(/ (?:OK|FAIL) DOWNLOAD: .*?, (\d+) bytes/g)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

/** The same numbers for the same seed, from 0 to less than 1 (mulberry32). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One run of the command; killed after so long, where that is given. */
async function run(to: string, fxp: string, killAfterMs?: number) {
  const args = [MAIN, "copy", "--json", "--fxp", fxp, "archive:in/*", `edge:${to}/`];
  const env = { ...process.env, SECRET: edge.password, FXPD_STATE: join(work, "state") };
  const child = spawn(process.execPath, args, { cwd: work, env, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  const last = out.trim().split("\n").at(-1) ?? "";
  return {
    status,
    summary: status === 0 ? (JSON.parse(last) as Readonly<Record<string, unknown>>) : undefined,
  };
}

test.each([
  { fxp: "only", kills: 10, seed: 20_261_121 },
  { fxp: "never", kills: 6, seed: 11 },
])(
  "promise 8, a crash of anything loses nothing: killed $kills times (fxp: $fxp, seed $seed)",
  async (how) => {
    const chance = chances(how.seed);
    const to = `out ${how.fxp}`;
    const before = await octetsRead();
    for (let kill = 0; kill < how.kills; kill += 1) {
      const { status } = await run(to, how.fxp, 200 + chance() * 500);
      // A run that came to its end has nothing left for the next one to go on with.
      expect(status, "killed before its end").toBeNull();
    }
    const { status, summary } = await run(to, how.fxp);
    expect(status).toBe(0);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { failed: 0 } });
    await promisify(execFile)("diff", ["-r", join(archive.root, "in"), join(edge.root, to)]);
    const names = await readdir(join(edge.root, to));
    expect(names.filter((name) => name.startsWith(".fxpd"))).toEqual([]);
    // What vsftpd has still in hand it logs when it notices that nobody takes it.
    await until(async () => (await octetsRead()) - before >= size, "all is in the source's log");
    const read = (await octetsRead()) - before;
    expect(read / size).toBeLessThanOrEqual(1.2);
    expect(await readdir(join(work, "state/transfers"))).toEqual([]);
    expect(await readdir(join(work, "state/journals"))).toEqual([]);
  },
  180_000,
);
