import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copy } from "../../src/copy/copy.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import type { Place } from "../../src/batch/pool.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import { clear, differenceOf, growList, LIST } from "../bench/files.ts";
import { type Endpoint, ControlProxy } from "../bench/proxy.ts";
import { count, countTurns, type Passage } from "../bench/transcript.ts";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { POLICY } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";

/** Enough that the replies to one write arrive together, on a slow machine too. */
const ROUND_TRIP_MS = 40;

let started: Awaited<ReturnType<typeof startServers>>;

beforeAll(async () => {
  started = await startServers(FAMILIES.flatMap((family) => [{ family }, { family }]));
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

const serversOf = (family: Family) => started.servers.filter((server) => server.family === family);

/** How often a reply was waited for before something else was written on the same connection: the most of them. */
function turnsOf(passages: readonly Passage[]): number {
  const connections = [...new Set(passages.map(({ connection }) => connection))];
  return Math.max(
    ...connections.map((one) => countTurns(passages.filter(({ connection }) => connection === one))),
  );
}

async function turnsFor(source: RunningServer, target: RunningServer, files: number, isAhead: boolean) {
  await clear(source.root);
  await clear(target.root);
  await growList(source.root, files, 4_096);
  await using proxy = new ControlProxy(ROUND_TRIP_MS);
  const place = (server: RunningServer, at: Endpoint): Place => {
    const { user, password, family: name } = server;
    const settings = settingsFor(name, { ...at, user, password }, { commandsAhead: isAhead });
    const connect = () => new FtpSide(settings, { clock: systemClock });
    return { key: server.address, name, at: (path) => path, connect, limit: 1 };
  };
  const { deps } = copyDeps({ memory: shortMemory() });
  const request = {
    sources: [
      {
        place: place(source, await proxy.before(source)),
        pattern: parsePattern(`${LIST}/*`),
        shown: LIST,
      },
    ],
    target: { place: place(target, await proxy.before(target)), path: `${LIST}/`, shown: LIST },
    isWanted: () => true,
    onExists: "overwrite",
    parallel: 1,
    transfer: { ...POLICY, fxp: "only", preserveTimes: true },
    retries: 0,
    dryRun: false,
  } as const;
  const summary = await copy(request, deps, new AbortController().signal);
  expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: files } });
  expect(await differenceOf(source.root, target.root)).toBeUndefined();
  const passages = proxy.take();
  return { turns: turnsOf(passages), commands: count(passages).commands ?? Number.NaN };
}

describe.each([
  { family: "vsftpd", turns: 1.25, commands: 10 },
  { family: "proftpd", turns: 1.25, commands: 10 },
  { family: "pure-ftpd", turns: 2.25, commands: 10 },
  { family: "pyftpdlib", turns: 2.5, commands: 10 },
] as const)("between two instances of $family", ({ family, turns, commands }) => {
  test(`a further small file costs no more than ${turns} turns and ${commands} commands, with its size verified, its time and its name`, async () => {
    const [source, target] = serversOf(family);
    if (source === undefined || target === undefined) throw new Error(`no two instances of ${family}`);
    const few = await turnsFor(source, target, 4, true);
    const many = await turnsFor(source, target, 24, true);
    expect((many.turns - few.turns) / 20).toBeLessThanOrEqual(turns);
    // Of twenty files, one may be asked about once more on a busy machine.
    expect((many.commands - few.commands) / 20).toBeLessThanOrEqual(commands + 1 / 20);
  });

  test("the same files arrive where each reply is waited for", async () => {
    const [source, target] = serversOf(family);
    if (source === undefined || target === undefined) throw new Error(`no two instances of ${family}`);
    const few = await turnsFor(source, target, 1, false);
    const many = await turnsFor(source, target, 5, false);
    expect((many.turns - few.turns) / 4).toBeGreaterThan(turns);
  });
});
