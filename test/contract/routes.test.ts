import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copy } from "../../src/copy/copy.ts";
import type { CopyRequest } from "../../src/copy/request.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import type { Place } from "../../src/batch/pool.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { fileMemory } from "../../src/state/memory.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { POLICY } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";

const FILES = 100;

let started: Awaited<ReturnType<typeof startServers>>;
let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "fxpd-state-"));
  started = await startServers([
    { family: "vsftpd" },
    ...FAMILIES.map((family) => ({ family, foreign: "refused" as const })),
  ]);
  for (let index = 0; index < FILES; index += 1) {
    await writeFile(join(server("vsftpd", false).root, `file ${index}`), `number ${index}`);
  }
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await rm(state, { recursive: true, force: true });
});

function server(family: Family, isStrict: boolean): RunningServer {
  const found = started.servers[isStrict ? 1 + FAMILIES.indexOf(family) : 0];
  if (found === undefined) throw new Error(`no ${family}`);
  return found;
}

/** Copies all files with two lanes; what was said to the two servers is gone through afterwards. */
async function copyAll(source: RunningServer, target: RunningServer) {
  const said: string[] = [];
  const place = (name: string, one: RunningServer): Place => ({
    key: `${one.address}:${one.port}`,
    name,
    at: (path) => `${name}:${path}`,
    limit: 2,
    connect: () =>
      new FtpSide(settingsFor(name, one), {
        clock: systemClock,
        transcript: ({ host, from, text }) => void (from === "us" && said.push(`${host} ${text}`)),
      }),
  });
  const request: CopyRequest = {
    sources: [{ place: place("source", source), pattern: parsePattern("file *"), shown: "source:file *" }],
    target: { place: place("target", target), path: "copies", shown: "target:copies" },
    isWanted: () => true,
    onExists: "overwrite",
    parallel: 2,
    transfer: POLICY,
    retries: 0,
    dryRun: false,
  };
  const { deps, events } = copyDeps({ memory: fileMemory(state) });
  const summary = await copy(request, deps, new AbortController().signal);
  return { summary, events, count: (pattern: RegExp) => said.filter((line) => pattern.test(line)).length };
}

describe.each(FAMILIES)("100 files to %s, which refuses third parties,", (family) => {
  test("cost one refusal of each kind; a second run costs none, and says when it was refused", async () => {
    const [source, target] = [server("vsftpd", false), server(family, true)];
    const first = await copyAll(source, target);
    expect(first.summary).toMatchObject({ outcome: "succeeded", files: { copied: FILES, failed: 0 } });
    // The relay needs no PORT: those were the attempts.
    expect(first.count(/ (PORT|EPRT) /)).toBeLessThanOrEqual(2);
    expect(first.count(/ (PORT|EPRT) /)).toBeGreaterThan(0);
    // Two lanes; a connection that a refusal has cost is the only one that is made again.
    expect(first.count(/^source USER/)).toBe(2);
    expect(first.count(/^target USER/)).toBeLessThanOrEqual(3);

    const second = await copyAll(source, target);
    expect(second.summary).toMatchObject({ outcome: "succeeded", files: { copied: FILES, failed: 0 } });
    expect(second.count(/ (PORT|EPRT) /)).toBe(0);
    expect(second.count(/^source USER/)).toBe(2);
    expect(second.count(/^target USER/)).toBe(2);
    const reasons = second.events.flatMap((event) => (event.event === "transfer" ? [event.because] : []));
    expect(reasons.every((because) => /(source|target)-pasv: .* ago\)/.test(because))).toBe(true);
    expect((await readdir(target.root)).filter((name) => name.startsWith(".fxpd"))).toEqual([]);
  });
});

test("what worked is asked for first in the next run, and nothing is found out again", async () => {
  const [source, target] = [server("vsftpd", false), server("vsftpd", false)];
  const first = await copyAll(source, target);
  const second = await copyAll(source, target);
  for (const { summary, count } of [first, second]) {
    expect(summary.outcome).toBe("succeeded");
    expect(count(/ PASV/)).toBe(FILES);
    expect(count(/ USER/)).toBe(2);
  }
});
