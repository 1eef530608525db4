import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { copy } from "../../src/copy/copy.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import { systemClock } from "../../src/shared/clock.ts";
import type { TransferPolicy } from "../../src/transfer/policy.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { type RunningServer, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { POLICY } from "../support/pair.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { settingsFor } from "../support/settings.ts";
import { TreeRuns } from "../support/tree-runs.ts";

const FILES = 5;

let started: Awaited<ReturnType<typeof startServers>>;
let redis: TestRedis;
let local: string;
beforeAll(async () => {
  redis = await startRedis();
  local = await mkdtemp(join(tmpdir(), "fxpd-notes-"));
  // Neither takes SSCN or CPSV: between them nothing but clear text goes.
  started = await startServers([
    { family: "vsftpd", tls: "explicit" },
    { family: "vsftpd", tls: "explicit" },
    { family: "vsftpd" },
  ]);
  for (let at = 0; at < FILES; at += 1) {
    await writeFile(join(server(0).root, `f${at}`), `number ${at}`);
    await writeFile(join(server(2).root, `f${at}`), `number ${at}`);
  }
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await rm(local, { recursive: true, force: true });
});

function server(index: number): RunningServer {
  const found = started.servers[index];
  if (found === undefined) throw new Error(`no server ${index}`);
  return found;
}

async function placeOf(name: string, one: RunningServer, usesTls: boolean): Promise<Place> {
  const authorities = one.caFile === undefined ? {} : { authorities: await readFile(one.caFile, "utf8") };
  const tls = {
    policy: usesTls ? "prefer" : "off",
    start: "explicit",
    verify: true,
    ...authorities,
  } as const;
  return {
    ...{ key: `${one.address}:${one.port}`, name, at: (path: string) => `${name}:${path}`, limit: 2 },
    connect: () => new FtpSide(settingsFor(name, one, { tls }), { clock: systemClock }),
  };
}

const here: Place = {
  ...{ key: "local", name: "local", at: (path: string) => path, limit: 8 },
  connect: () => new LocalSide(),
};

/** Copies all files. @returns sentences about the run as a whole */
async function notesOf(source: Place, target: Place, policy: Partial<TransferPolicy> = {}) {
  const { deps, events } = copyDeps();
  const path = target === here ? local : "copies";
  const summary = await copy(
    {
      sources: [{ place: source, pattern: parsePattern("f*"), shown: "source:f*" }],
      target: { place: target, path, shown: "target" },
      isWanted: () => true,
      onExists: "overwrite",
      parallel: 2,
      transfer: { ...POLICY, ...policy },
      retries: 0,
      dryRun: false,
    },
    deps,
    new AbortController().signal,
  );
  expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: FILES } });
  return events.flatMap((event) => (event.event === "note" ? [event.because] : []));
}

describe("promise 5: that bytes go in clear is said, once a run", () => {
  test("between two servers that both encrypt the login", async () => {
    const notes = await notesOf(await placeOf("one", server(0), true), await placeOf("two", server(1), true));
    expect(notes).toEqual([
      expect.stringMatching(/^one → two: file contents go unencrypted .*tls: required/),
    ]);
  });

  test("and not where one of them has no TLS, nor where files go encrypted through this machine", async () => {
    expect(
      await notesOf(await placeOf("plain", server(2), false), await placeOf("two", server(1), true)),
    ).toEqual([]);
    expect(await notesOf(await placeOf("one", server(0), true), here)).toEqual([]);
  });
});

describe("that --verify digest compared only sizes is said, once a run", () => {
  test("between two servers without a digest in common", async () => {
    const [source, target] = [
      await placeOf("plain", server(2), false),
      await placeOf("two", server(1), false),
    ];
    expect(await notesOf(source, target, { verify: "digest" })).toEqual([
      expect.stringMatching(/^plain → two: --verify digest compared only sizes/),
    ]);
    expect(await notesOf(source, target, { verify: "size" })).toEqual([]);
  });

  test("and not where digests were compared", async () => {
    const source = await placeOf("plain", server(2), false);
    expect(await notesOf(source, here, { verify: "digest" })).toEqual([]);
  });

  test("in the daemon: in the record and in the log of the run, however many slices it has", async () => {
    await using runs = await TreeRuns.open(redis.port, "notes");
    runs.source.tree.makeDirectory("/in", 0);
    for (let at = 0; at < 300; at += 1) runs.source.tree.write(`/in/f${at}`, Buffer.from("x"), 0);
    await runs.ask({ copy: { from: "a:/in/*", to: "b:/out/" }, verify: "digest", parallel: 4 });
    await runs.own.worker();
    await vi.waitFor(async () => expect((await runs.record()).state).toBe("ended"), {
      timeout: 60_000,
      interval: 50,
    });
    const { store } = runs.own.installation;
    expect((await runs.record()).counters).toMatchObject({ copied: 300 });
    expect(await store.notes.of("run")).toEqual([expect.stringMatching(/^a → b: --verify digest/)]);
    const logged = (await store.logs("run")).filter(({ event }) => event.event === "note");
    expect(logged).toHaveLength(1);
  });
});
