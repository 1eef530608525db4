import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appOf } from "../../src/api/app.ts";
import { DefinitionCache } from "../../src/api/definitions.ts";
import { EventStreams } from "../../src/api/event-stream.ts";
import { runLines } from "../../src/cli/output/run-lines.ts";
import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { formatBytes } from "../../src/shared/units.ts";
import { apiDeps } from "../support/api-deps.ts";
import { TestInstallation } from "../support/installation.ts";
import { latch, sendUnlessClosed } from "../support/placed-files.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { bytesOf, SegmentScene } from "../support/segment-scene.ts";

const MIB = 2 ** 20;
const WHOLE = bytesOf(8 * MIB);

let redis: TestRedis;
let local: string;
const scene = new SegmentScene();
const streams = new EventStreams(noLogger);
beforeAll(async () => {
  redis = await startRedis();
  local = await mkdtemp(join(tmpdir(), "fxpd-segments-daemon-"));
});
afterAll(async () => {
  streams[Symbol.dispose]();
  await scene[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await rm(local, { recursive: true });
});

interface Told {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The events of a stream, as they come. */
async function* eventsIn(answer: Response): AsyncGenerator<Told> {
  let text = "";
  for await (const chunk of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const [event, data] = [/^event: (.*)$/m.exec(part)?.[1], /^data: (.*)$/m.exec(part)?.[1]];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as Told["data"] };
    }
  }
}

test("a job with segments: 4 counts each byte once, in what show prints, in the event stream and at the end", async () => {
  const rest = latch();
  let isSeen = false;
  let held = 0;
  const server = await scene.scripted(
    {
      // Each connection gets a MiB of its part, and the rest when that has been seen.
      sends: async (session, part, at) => {
        if (at === WHOLE.length - 1) return sendUnlessClosed(session, part);
        const data = await session.data();
        held += 1;
        data.write(part.subarray(0, MIB));
        await rest.promise;
        await new Promise<void>((resolve) => {
          if (data.closed) return resolve();
          data.once("close", () => resolve());
          data.end(part.subarray(MIB), () => resolve());
        });
        return undefined;
      },
    },
    WHOLE,
  );
  process.env["SECRET"] = "correct-horse-7";
  const host = [`address: ${server.address}`, `port: ${server.port}`, "user: tester", "tls: off"];
  await using own = await TestInstallation.open(redis.port, "segments", {
    a: [...host, "passwordFrom: {env: SECRET}", "limits: {connections: 8}"],
  });
  const { installation, directories } = own;
  const { store, queues, control, kv, clock } = installation;
  const definitions = new DefinitionCache(directories);
  const app = appOf(apiDeps({ installation, directories, definitions, streams }));
  const document = { copy: { from: "a:/file", to: `${local}/` }, segments: 4, retries: 0 };
  const asked = { dryRun: false, requestedBy: "person", because: "test", keepsTranscripts: false } as const;
  await store.create("run", { job: "job", document, ...asked, rules: [] }, Date.now());
  await enqueue(queues, await control.run("run"));
  await own.worker();
  const headers = { host: "localhost", authorization: "Bearer do-1" };
  const env = { incoming: { socket: { remoteAddress: "127.0.0.1" } } };
  const told: Told[] = [];
  const flights: number[] = [];
  for await (const one of eventsIn(await app.request("/api/v1/runs/run/events", { headers }, env))) {
    told.push(one);
    if (one.event !== "in-flight") continue;
    const files = one.data["files"] as readonly { readonly bytes: number }[];
    for (const { bytes } of files) flights.push(bytes);
    if (isSeen || files[0]?.bytes !== held * MIB) continue;
    isSeen = true;
    expect(files).toMatchObject([{ source: "a:/file", size: WHOLE.length, by: "relay" }]);
    const flying = await kv.filesInFlight("run");
    const shown = runLines(await control.run("run"), clock.now(), { flying }).join("\n");
    // Another connection may have begun since.
    const bytes = flying[0]?.bytes ?? 0;
    expect(bytes).toBeLessThanOrEqual(held * MIB);
    expect(shown).toContain(`in flight  1 file, ${formatBytes(bytes)} so far`);
    rest.resolve();
  }
  expect(flights.length).toBeGreaterThan(0);
  expect(flights).toEqual(flights.toSorted((one, other) => one - other));
  expect(Math.max(...flights)).toBeLessThanOrEqual(WHOLE.length);
  const transfers = told.filter(({ event, data }) => event === "log" && data["event"] === "transfer");
  expect(transfers).toMatchObject([{ data: { outcome: "succeeded", bytes: WHOLE.length, resumedFrom: 0 } }]);
  // How many there are at once depends on how quickly a lease for each is given.
  expect(transfers[0]?.data["because"]).toMatch(/; on (one connection|[234] connections at once)/);
  const run = await control.run("run");
  expect(run).toMatchObject({ state: "ended", outcome: "succeeded" });
  expect(run.counters).toMatchObject({ files: 1, copied: 1, failed: 0, relayed: WHOLE.length, resumed: 0 });
  expect((await readFile(join(local, "file"))).equals(WHOLE)).toBe(true);
});
