import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PASSWORD } from "../servers/server.ts";
import { commandsOf, sumOf, TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";
import { SLICES } from "../../src/orchestrator/worker/queue/queues.ts";
import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";

const FILES = 500;
/** What a run may ask of Redis for each file, for each slice, and for each second that it takes: what is written waits for more. */
const [A_FILE, A_SLICE, A_SECOND] = [0.8, 75, 200];
const PATIENCE_MS = 120_000;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

test(
  "a run asks next to nothing of Redis for a single file: connections are leased once for each lane, and the rest goes in batches",
  async () => {
    await using source = await scriptedServer();
    await using target = await scriptedServer();
    for (let at = 0; at < FILES; at += 1) source.files.set(`/f${at}`, Buffer.from("text"));
    process.env["SECRET"] = PASSWORD;
    const host = ({ address, port }: ScriptedServer) => [
      ...[`address: ${address}`, `port: ${port}`, "user: tester", "passwordFrom: {env: SECRET}", "tls: off"],
    ];
    await using own = await TestInstallation.open(redis.port, "commands", {
      a: host(source),
      b: host(target),
    });
    const { store, queues, control, names, redis: client } = own.installation;
    const document = { copy: { from: "a:/f*", to: "b:/" }, parallel: 4 };
    const asked = { dryRun: false, requestedBy: "person", because: "test" } as const;
    await own.worker();
    await store.create("run", { job: "job", document, rules: [], ...asked }, Date.now());
    await client.config("RESETSTAT");
    await enqueue(queues, await control.run("run"));
    await vi.waitFor(async () => expect((await control.run("run")).state).toBe("ended"), {
      timeout: PATIENCE_MS,
      interval: 500,
    });
    const commands = await commandsOf(client);
    const { outcome, counters, startedMs = 0, endedMs = 0 } = await control.run("run");
    expect({ outcome, copied: counters.copied }).toEqual({ outcome: "succeeded", copied: FILES });
    const seconds = (endedMs - startedMs) / 1_000;
    const slices = Number(await client.get(`${names.prefix}:${SLICES}:id`));
    expect(slices).toBeGreaterThan(0);
    expect(slices).toBeLessThan(FILES / 10);
    expect(sumOf(commands)).toBeLessThan(A_FILE * FILES + A_SLICE * slices + A_SECOND * seconds);
  },
  PATIENCE_MS,
);
