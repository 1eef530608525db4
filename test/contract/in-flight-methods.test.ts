import { tmpdir } from "node:os";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { TreeRuns } from "../support/tree-runs.ts";

let redis: TestRedis;
let directory: string;
beforeAll(async () => {
  redis = await startRedis();
  directory = await mkdtemp(join(tmpdir(), "fxpd-in-flight-"));
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

test.each([
  { what: "servers that allow everything", refusing: [], by: "third-party", method: "source-pasv" },
  { what: "a target without PORT", refusing: ["target"], by: "third-party", method: "target-pasv" },
  { what: "servers without PORT", refusing: ["source", "target"], by: "relay", method: null },
  { what: "a target on this machine", to: true, refusing: [], by: "relay", method: null, local: "target" },
] as const)(
  "$what: a file in flight is shown with what its bytes are moved by, after all that was tried before, and its lane",
  async ({ what, refusing, to, by, method, ...rest }) => {
    await using runs = await TreeRuns.open(redis.port, `methods-${what.replaceAll(" ", "-")}`);
    runs.source.tree.makeDirectory("/in", 0);
    runs.target.tree.makeDirectory("/out", 0);
    runs.source.tree.write("/in/file", Buffer.alloc(1_000), 0);
    for (const role of refusing) {
      const reply = "500 PORT not understood";
      runs[role].fault({ kind: "refusal", verbs: ["PORT", "EPRT"], reply });
    }
    let release = () => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    runs.source.fault({ kind: "late", at: "/in/file", verbs: ["RETR"], until: () => until });
    await runs.ask({
      copy: { from: "a:/in/file", to: to === true ? `${directory}/` : "b:/out/" },
      retries: 0,
    });
    await runs.own.worker();
    const { kv } = runs.own.installation;
    const flying = await vi.waitFor(
      async () => {
        const [file, ...others] = await kv.filesInFlight("run");
        expect(others).toEqual([]);
        expect(file).toMatchObject({ by, method });
        return file;
      },
      { timeout: 60_000, interval: 50 },
    );
    expect(flying).toMatchObject({ source: "a:/in/file", lane: 1 });
    expect(flying?.local).toBe("local" in rest ? rest.local : undefined);
    const workers = (await kv.workers([])).map(({ id }) => id);
    expect(workers).toEqual([flying?.worker]);
    release();
    await vi.waitFor(async () => expect((await runs.record()).state).toBe("ended"), { timeout: 60_000 });
    expect((await runs.record()).outcome).toBe("succeeded");
    // What was shown is what the end of the file says.
    const ended = (await runs.own.installation.store.logs("run", "0")).map(({ event }) => event);
    expect(ended).toContainEqual(expect.objectContaining({ event: "transfer", by, method }));
  },
);
