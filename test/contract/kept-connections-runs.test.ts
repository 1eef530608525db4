import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";
import { orderFor } from "../../src/orchestrator/runs/request.ts";
import { PASSWORD } from "../servers/server.ts";
import { TestInstallation } from "../support/installation.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { type Script, type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";

// What servers see of a worker that has several runs, one after the other.

const PATIENCE_MS = 60_000;
let redis: TestRedis;
let turn = 0;
let id = 0;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});
beforeEach(() => {
  turn += 1;
});

const logins = ({ commands }: ScriptedServer) => commands.filter((line) => line.startsWith("USER")).length;

const hostLines = ({ address, port }: ScriptedServer, user = "tester") => [
  ...[`address: ${address}`, `port: ${port}`, `user: ${user}`, "passwordFrom: {file: secret}", "tls: off"],
];

async function scene(script: Script = {}) {
  const source = await scriptedServer(script);
  const target = await scriptedServer();
  for (let at = 0; at < 3; at += 1) source.files.set(`/f${at}`, Buffer.from("text"));
  const own = await TestInstallation.open(redis.port, `keeping${turn}`, {
    a: hostLines(source),
    b: hostLines(target),
  });
  const secret = join(own.path, "config/hosts/secret");
  await writeFile(secret, PASSWORD, { mode: 0o600 });
  const { store, queues, control } = own.installation;
  /** Carries out a run to its end. */
  const run = async (job: string, keepsTranscripts = false) => {
    const name = `run${(id += 1)}`;
    const document = { copy: { from: "a:/f*", to: "b:/" }, parallel: 1, onExists: "overwrite" };
    const reason = { requestedBy: "person", because: "test", keepsTranscripts } as const;
    await store.create(name, orderFor({ name: job, document, rules: [] }, reason), Date.now());
    await enqueue(queues, await control.run(name));
    await vi.waitFor(async () => expect((await control.run(name)).state).toBe("ended"), {
      timeout: PATIENCE_MS,
      interval: 50,
    });
    return control.run(name);
  };
  const end = async () => {
    await own[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
  return { source, target, own, secret, run, [Symbol.asyncDispose]: end };
}

test(
  "runs of several jobs on one worker log in once, and each hears what is said for it",
  async () => {
    await using at = await scene();
    const worker = await at.own.worker();
    expect((await at.run("one")).outcome).toBe("succeeded");
    const first = [logins(at.source), logins(at.target)];
    for (const job of ["two", "three"]) {
      const ended = await at.run(job, true);
      expect(ended.outcome).toBe("succeeded");
      const kept = await at.own.installation.store.transcripts.of(ended.id);
      expect(JSON.stringify(kept)).toContain("RETR /f1");
    }
    expect([logins(at.source), logins(at.target)]).toEqual(first);
    await worker.close();
    // QUIT on each connection: nothing outlives the worker.
    const quits = at.target.commands.filter((line) => line === "QUIT").length;
    expect(quits).toBe(logins(at.target));
  },
  PATIENCE_MS,
);

test(
  "a host whose file names another user is logged in to anew",
  async () => {
    await using at = await scene();
    await at.own.worker();
    await at.run("one");
    await writeFile(
      join(at.own.path, "config/hosts/a.yaml"),
      [...hostLines(at.source, "other"), ""].join("\n"),
    );
    const before = at.source.commands.length;
    expect((await at.run("two")).outcome).toBe("succeeded");
    expect(at.source.commands.slice(before)).toContain("USER other");
  },
  PATIENCE_MS,
);

test(
  "a secret that has changed is used for the next run",
  async () => {
    await using at = await scene();
    await at.own.worker();
    await at.run("one");
    await writeFile(at.secret, "changed");
    const before = at.source.commands.length;
    expect((await at.run("two")).outcome).toBe("succeeded");
    expect(at.source.commands.slice(before)).toContain("PASS changed");
  },
  PATIENCE_MS,
);

test(
  "connections that the server has cut meanwhile are given to no run",
  async () => {
    await using at = await scene();
    await at.own.worker();
    await at.run("one");
    at.source.cut();
    at.target.cut();
    const ended = await at.run("two");
    expect(ended).toMatchObject({ outcome: "succeeded", counters: { copied: 3 } });
  },
  PATIENCE_MS,
);
