import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PASSWORD } from "../servers/server.ts";
import { TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { rendezvousOf } from "../support/rendezvous.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";
import { copy } from "../../src/copy/copy.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../support/edges.ts";
import { POLICY } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";
import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";

const LANES = 4;
const SIZE = 2 ** 21;
/** The servers bring the files to their end only when all are on their way at once; else nothing goes on. */
const PATIENCE_MS = 30_000;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

/** A source of four huge files, and where they go. */
async function scene() {
  const meeting = rendezvousOf(LANES);
  const source = await scriptedServer(meeting.script);
  const target = await scriptedServer();
  for (let at = 0; at < LANES; at += 1) source.files.set(`/huge${at}`, Buffer.alloc(SIZE, `${at}`));
  return {
    source,
    target,
    /** Each file once: none was given up and begun anew. */
    begun: () => source.commands.filter((line) => line.startsWith("RETR")).length,
    arrived: () => [...target.files.values()].filter(({ length }) => length === SIZE).length,
    async [Symbol.asyncDispose]() {
      await Promise.all([source[Symbol.asyncDispose](), target[Symbol.asyncDispose]()]);
    },
  };
}

test(
  "on a route that nothing is known of, all lanes begin as soon as the first file's bytes move",
  async () => {
    await using servers = await scene();
    const place = (name: string, server: ScriptedServer) => ({
      ...{ key: name, name, at: (path: string) => `${name}:${path}`, limit: 8 },
      connect: () =>
        new FtpSide(settingsFor(name, { ...server, user: "tester", password: PASSWORD }), {
          clock: systemClock,
        }),
    });
    const { deps } = copyDeps({ memory: shortMemory() });
    const summary = await copy(
      {
        sources: [{ place: place("source", servers.source), pattern: parsePattern("/huge*"), shown: "huge" }],
        target: { place: place("target", servers.target), path: "/", shown: "target:/" },
        isWanted: () => true,
        ...{ onExists: "overwrite", parallel: LANES, retries: 0, dryRun: false },
        transfer: POLICY,
      },
      deps,
      new AbortController().signal,
    );
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: LANES } });
    expect([servers.arrived(), servers.begun()]).toEqual([LANES, LANES]);
  },
  PATIENCE_MS,
);

test(
  "the daemon moves as many huge files side by side as `parallel` says, also where they are few",
  async () => {
    await using servers = await scene();
    process.env["SECRET"] = PASSWORD;
    const host = ({ address, port }: ScriptedServer) => [
      ...[`address: ${address}`, `port: ${port}`, "user: tester", "passwordFrom: {env: SECRET}", "tls: off"],
    ];
    await using own = await TestInstallation.open(redis.port, "lanes", {
      a: host(servers.source),
      b: host(servers.target),
    });
    const { store, queues, control } = own.installation;
    const document = { copy: { from: "a:/huge*", to: "b:/" }, parallel: LANES };
    const asked = { dryRun: false, requestedBy: "person", because: "test" } as const;
    await store.create("run", { job: "job", document, rules: [], ...asked }, Date.now());
    await enqueue(queues, await control.run("run"));
    await own.worker();
    await vi.waitFor(async () => expect((await control.run("run")).state).toBe("ended"), PATIENCE_MS);
    expect(await control.run("run")).toMatchObject({ outcome: "succeeded", counters: { copied: LANES } });
    expect([servers.arrived(), servers.begun()]).toEqual([LANES, LANES]);
  },
  PATIENCE_MS,
);
