import { afterEach, beforeEach, expect, test } from "vitest";
import { checkRedis } from "../../src/orchestrator/kv/check.ts";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import { connectRedis, type RedisSettings } from "../../src/orchestrator/kv/connect.ts";
import { makeCertificate } from "../servers/certificates.ts";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, startRedis } from "../support/redis.ts";

let told: string[];
const clients: RedisClient[] = [];

beforeEach(() => {
  told = [];
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

function at(port: number, rest: Partial<RedisSettings> = {}): RedisSettings {
  return { kind: "server", address: { host: "127.0.0.1", port }, database: 0, ...rest } as RedisSettings;
}

async function connected(settings: RedisSettings, whenAway: "wait" | "fail" = "wait"): Promise<RedisClient> {
  const client = await connectRedis(settings, { whenAway, tell: (sentence) => told.push(sentence) });
  clients.push(client);
  return client;
}

async function checked(settings: RedisSettings): Promise<readonly string[]> {
  return checkRedis(await connected(settings), "redis.example", "{fxpd}");
}

test("one that keeps a file and throws nothing out is good", async () => {
  await using redis = await startRedis(["appendonly yes"]);
  expect(await checked(at(redis.port))).toEqual([]);
});

test("one without a file is told of", async () => {
  await using redis = await startRedis();
  expect(await checked(at(redis.port))).toEqual([
    "the Redis at redis.example has no append-only file and may lose runs on restart; set appendonly yes",
  ]);
});

test.each([
  [
    ["maxmemory-policy allkeys-lru"],
    "may evict queued work (maxmemory-policy allkeys-lru); set maxmemory-policy noeviction",
  ],
  [
    ["maxmemory 100kb"],
    "is full; increase its maxmemory, or delete data (OOM command not allowed when used memory > 'maxmemory'.)",
  ],
  [
    ["min-replicas-to-write 1"],
    "has fewer replicas than min-replicas-to-write requires (NOREPLICAS Not enough good replicas to write.)",
  ],
  [
    ["user default on nopass ~* +@all -set"],
    "does not allow this user to write; grant it ~* and +@all, or the commands named here (NOPERM",
  ],
])("with %j it is refused", async (lines, sentence) => {
  await using redis = await startRedis(lines);
  await expect(checked(at(redis.port))).rejects.toThrow(`the Redis at redis.example ${sentence}`);
});

test("one whose disk takes nothing is refused", async () => {
  await using redis = await startRedis(["save 3600 1"]);
  const client = await connected(at(redis.port));
  await client.set("a", "b");
  await rm(redis.directory, { recursive: true });
  await client.call("BGSAVE");
  for (let turn = 0; turn < 100; turn += 1) {
    if (/rdb_last_bgsave_status:err/.test(await client.info())) break;
    await sleep(50);
  }
  await expect(checkRedis(client, "redis.example", "{fxpd}")).rejects.toThrow(
    "the Redis at redis.example cannot write to its disk; free some disk space (MISCONF",
  );
});

test("a replica is refused", async () => {
  await using master = await startRedis();
  await using replica = await startRedis([`replicaof 127.0.0.1 ${master.port}`]);
  await expect(checked(at(replica.port))).rejects.toThrow(
    "the Redis at redis.example is a replica; configure its master, or Redis Sentinel",
  );
});

test("user and password are sent, and never reported", async () => {
  await using redis = await startRedis(["appendonly yes", "requirepass hunter2"]);
  expect(await checked(at(redis.port, { password: "hunter2" }))).toEqual([]);
  expect(await checked(at(redis.port, { user: "default", password: "hunter2" }))).toEqual([]);
  await expect(connected(at(redis.port))).rejects.toThrow(
    `no Redis at 127.0.0.1:${redis.port}: it requires a password; set redis.passwordFrom`,
  );
  const refused = connected(at(redis.port, { password: "hunter3" }));
  await expect(refused).rejects.toThrow(/WRONGPASS/);
  await expect(refused).rejects.not.toThrow(/hunter/);
});

test("TLS is verified against the authority that is named", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fxpd-redis-tls-"));
  try {
    const { certificate, key, authority } = await makeCertificate(directory, "127.0.0.1", "good");
    const port = await freePort();
    await using _redis = await startRedis([
      "appendonly yes",
      `tls-port ${port}`,
      `tls-cert-file ${certificate}`,
      `tls-key-file ${key}`,
      `tls-ca-cert-file ${authority}`,
      "tls-auth-clients no",
    ]);
    const authorities = await readFile(authority, "utf8");
    expect(await checked(at(port, { tls: { verify: true, authorities } }))).toEqual([]);
    expect(await checked(at(port, { tls: { verify: false } }))).toEqual([]);
    await expect(checked(at(port, { tls: { verify: true } }))).rejects.toThrow(/no Redis at .*certificate/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("one that is not there is named", async () => {
  const port = await freePort();
  await expect(connected(at(port))).rejects.toThrow(
    `no Redis at 127.0.0.1:${port}: connection refused (ECONNREFUSED)`,
  );
  const addresses = [{ host: "127.0.0.1", port }];
  const cluster = connected({ kind: "cluster", addresses });
  await expect(cluster).rejects.toThrow(`no Redis at 127.0.0.1:${port}: `);
  const sentinels = connected({ kind: "sentinels", name: "main", addresses });
  await expect(sentinels).rejects.toThrow(`no Redis at main of 127.0.0.1:${port}: `);
});

test("while it is away a worker's command waits and a request's fails; both are told once", async () => {
  const port = await freePort();
  const first = await startRedis([], { port });
  const [waiting, failing] = [await connected(at(port), "wait"), await connected(at(port), "fail")];
  await first[Symbol.asyncDispose]();
  while (told.length < 2) await sleep(20);
  await expect(failing.get("a")).rejects.toThrow();
  const answer = waiting.get("a");
  await using _again = await startRedis([], { port });
  expect(await answer).toBeNull();
  while (told.length < 4) await sleep(20);
  expect(await failing.get("a")).toBeNull();
  const sentences = [
    /^lost the connection to Redis at /,
    /^lost the connection to Redis at /,
    /^reconnected to /,
    /^reconnected to /,
  ];
  for (const [index, sentence] of sentences.entries()) expect(told[index]).toMatch(sentence);
});

test("the sentinels say which is the master, also when that becomes another", async () => {
  await using master = await startRedis(["appendonly yes", "repl-diskless-sync-delay 0"]);
  await using replica = await startRedis(["appendonly yes", `replicaof 127.0.0.1 ${master.port}`]);
  await using sentinel = await startRedis(
    [
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      "sentinel down-after-milliseconds main 500",
      "sentinel failover-timeout main 5000",
    ],
    { isSentinel: true },
  );
  const addresses = [{ host: "127.0.0.1", port: sentinel.port }];
  const settings: RedisSettings = { kind: "sentinels", name: "main", addresses };
  const client = await connected(settings);
  expect(await checkRedis(client, "redis.example", "{fxpd}")).toEqual([]);
  const watch = await connected(at(sentinel.port));
  while (!String(await watch.call("SENTINEL", "REPLICAS", "main")).includes(`${replica.port}`))
    await sleep(100);
  await client.set("kept", "yes");
  while (Number(await client.call("WAIT", "1", "1000")) < 1) await sleep(100);
  master.signal("SIGKILL");
  expect(await client.set("after", "too")).toBe("OK");
  expect(await client.get("kept")).toBe("yes");
  expect(await client.info("replication")).toMatch(/role:master/);
  const plain = await connected(at(replica.port));
  expect(await plain.get("after")).toBe("too");
});

test("a cluster is used and checked by all of its masters", async () => {
  await using node = await startRedis([
    "appendonly yes",
    "cluster-enabled yes",
    "cluster-announce-ip 127.0.0.1",
  ]);
  const direct = await connected(at(node.port));
  await direct.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  while (!/cluster_state:ok/.test(String(await direct.call("CLUSTER", "INFO")))) await sleep(50);
  const settings: RedisSettings = { kind: "cluster", addresses: [{ host: "127.0.0.1", port: node.port }] };
  expect(await checked(settings)).toEqual([]);
  await direct.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
  await expect(checked(settings)).rejects.toThrow(/may evict queued work/);
});

test("where the private Redis is not there, no daemon runs; one that ends each connection does not respond", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fxpd-socket-"));
  const path = join(directory, "redis.sock");
  const settings = { kind: "socket", path } as RedisSettings;
  await expect(connected(settings, "fail")).rejects.toThrow(
    `no daemon is running here; start one with: fxpd daemon (no Redis at ${path}: no such file or directory (ENOENT))`,
  );
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await expect(connected(settings, "fail")).rejects.toThrow(
      `the daemon's Redis at ${path} does not respond: `,
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true, force: true });
  }
});
