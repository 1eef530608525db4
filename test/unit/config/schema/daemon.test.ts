import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { checkConfiguration } from "../../../../src/config/load/check.ts";
import { DaemonFile } from "../../../../src/config/schema/daemon.ts";
import { formatFault, readDocument } from "../../../../src/config/load/document.ts";
import { loadDaemon, loadRedisSettings, loadSigningKey } from "../../../../src/config/load/load-daemon.ts";

function faultsOf(text: string): string[] {
  const read = readDocument("d.yaml", text, DaemonFile);
  return read.kind === "valid"
    ? []
    : read.faults.map((fault) => formatFault(fault).replace(/^d\.yaml:\d+:\d+: /, ""));
}

const URL_FORM = "expected a URL such as redis://redis.example.org:6379/0";

test.each([
  ["redis: {url: redis.example.org}", `redis.url: ${URL_FORM}`],
  ["redis: {url: http://redis.example.org}", `redis.url: ${URL_FORM}`],
  ["redis: {url: redis://h/x}", `redis.url: ${URL_FORM}`],
  ["redis: {url: redis://h/0?password=hush}", `redis.url: ${URL_FORM}`],
  [
    "redis: {url: unix:///run/100%}",
    'redis.url: "unix:///run/100%" has a % that is not followed by two hexadecimal digits',
  ],
  ["redis: {url: unix://relative}", `redis.url: ${URL_FORM}`],
  [
    "redis: {url: redis://fxpd:hush@h}",
    "redis.url: do not put passwords in this file; use user and passwordFrom",
  ],
  [
    "redis: {url: redis://h, cluster: 'h:1'}",
    "redis.cluster: expected only one of url, sentinels and cluster",
  ],
  [
    "redis: {cluster: h}",
    "redis.cluster: expected an address such as redis.example.org:6379, or a list of them",
  ],
  ["redis: {cluster: ['h:1', 'h:0']}", "redis.cluster.1: expected an address such as redis.example.org:6379"],
  [
    "redis: {sentinels: {addresses: 'h:1'}}",
    "redis.sentinels.name: is missing; expected the name of the master in Sentinel",
  ],
  ["redis: {user: fxpd}", "redis.user: not used with the private Redis; set url as well"],
  [
    "redis: {password: hush}",
    "redis.password: do not put passwords in this file; use passwordFrom: {env: NAME} or {file: PATH}",
  ],
  ["redis: {prefix: 'a:b'}", "redis.prefix: expected letters, digits, hyphens and underscores"],
  ["api: {address: 0.0.0.0}", "api.tokens: an API that is reachable from other machines needs tokens"],
  ["api: {port: 70000}", "api.port: expected a whole number from 0 to 65535"],
  [
    "api: {tokens: [{name: a, tokenFrom: {env: A}}, {name: a, tokenFrom: {env: B}}]}",
    "api.tokens: two tokens have the same name",
  ],
  [
    "api: {tokens: [{name: a, tokenFrom: {env: A}, role: admin}]}",
    "api.tokens.0.role: expected read or operate",
  ],
  ["worker: {concurrency: 0}", "worker.concurrency: expected a whole number from 1 to 256"],
  [
    "retention: {age: 30}",
    "retention.age: expected a duration such as 30m, 6h or 3d, more than 0 and at most 3650d",
  ],
  [
    "notifications: {webhooks: [{url: ftp://h}]}",
    "notifications.webhooks.0.url: expected a URL such as https://example.org/hook",
  ],
  [
    "notifications: {webhooks: [{url: https://a:hush@h}]}",
    "notifications.webhooks.0.url: do not put passwords in this file; to sign requests, use secretFrom",
  ],
  [
    "notifications: {webhooks: [{url: https://h, on: [ended]}]}",
    "notifications.webhooks.0.on.0: expected failed, partial, refused, recovered, late, stale or succeeded",
  ],
  [
    "notifications: {email: {server: smtp.example.org, from: ops, to: a@b}}",
    "notifications.email.from: expected an e-mail address such as ops@example.org",
  ],
  [
    "shutdown: {grace: forever}",
    "shutdown.grace: expected a duration such as 500ms, 30s, 5m or 1h30m, more than 0 and at most 1d",
  ],
  ["workers: {}", "workers: unknown key; did you mean worker?"],
])("%s", (text, sentence) => {
  expect(faultsOf(text)).toEqual([sentence]);
});

describe("a daemon file", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "fxpd-daemon-"));
    vi.stubEnv("FXPD_STATE", "/var/lib/fxpd");
    vi.stubEnv("SECRET", "hush");
    vi.stubEnv("UNSET", undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });

  async function load(text?: string) {
    if (text !== undefined) await writeFile(join(directory, "daemon.yaml"), text);
    return loadDaemon({ config: directory, jobs: directory });
  }

  test.each([undefined, "", "# nothing yet\n"])("may be absent or empty: %j", async (text) => {
    const daemon = await load(text);
    expect(daemon.dataDirectory).toBe("/var/lib/fxpd");
    expect(daemon.value).toMatchObject({
      redis: { prefix: "fxpd" },
      api: { address: "127.0.0.1", port: 8021, tokens: [] },
      worker: { concurrency: 4 },
      retention: { age: 30 * 86_400_000, count: 1_000 },
      notifications: { webhooks: [] },
      shutdown: { grace: 30_000 },
    });
    expect(await loadRedisSettings(daemon)).toBeUndefined();
  });

  test("a key that cannot be kept in the data directory is told with the setting that counts", async () => {
    const daemon = { ...(await load("")), dataDirectory: join(directory, "daemon.yaml/state") };
    await expect(loadSigningKey(daemon)).rejects.toThrow("or set dataDirectory in daemon.yaml to another");
  });

  test("with faults is refused with all of them", async () => {
    await expect(load("worker: {concurrency: 0}\napi: {port: x}")).rejects.toThrow(
      /daemon\.yaml:1:10: worker\.concurrency: .*\n.*daemon\.yaml:2:7: api\.port: /,
    );
  });

  test("has a data directory beside it", async () => {
    expect((await load("dataDirectory: ../data")).dataDirectory).toBe(join(directory, "../data"));
  });

  test.each<[string, unknown]>([
    ["{url: redis://h}", { kind: "server", address: { host: "h", port: 6_379 }, database: 0 }],
    [
      "{url: 'rediss://[::1]:6380/2', user: fxpd, passwordFrom: {env: SECRET}}",
      {
        kind: "server",
        address: { host: "::1", port: 6_380 },
        database: 2,
        user: "fxpd",
        password: "hush",
        tls: { verify: true },
      },
    ],
    ["{url: unix:///run/a%20b.sock}", { kind: "socket", path: "/run/a b.sock" }],
    [
      "{url: redis://h, tls: {verify: false, caFile: ca.pem, serverName: r}}",
      {
        kind: "server",
        address: { host: "h", port: 6_379 },
        database: 0,
        tls: { verify: false, authorities: "PEM", serverName: "r" },
      },
    ],
    [
      "{sentinels: {name: main, addresses: ['a:26379', '[::1]:26380'], passwordFrom: {env: SECRET}}}",
      {
        kind: "sentinels",
        name: "main",
        addresses: [
          { host: "a", port: 26_379 },
          { host: "::1", port: 26_380 },
        ],
        sentinelPassword: "hush",
      },
    ],
    [
      "{cluster: ['a:1', 'b:2']}",
      {
        kind: "cluster",
        addresses: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
    ],
  ])("says where Redis is: %s", async (redis, settings) => {
    await writeFile(join(directory, "ca.pem"), "PEM");
    expect(await loadRedisSettings(await load(`redis: ${redis}`))).toEqual(settings);
  });

  test("whose secret is not there says so", async () => {
    const daemon = await load("redis: {url: redis://h, passwordFrom: {env: UNSET}}");
    await expect(loadRedisSettings(daemon)).rejects.toThrow(
      `${directory}/daemon.yaml: the environment variable UNSET is not set`,
    );
  });

  test("is checked with all that it points to", async () => {
    await load(
      [
        "redis: {url: rediss://h, passwordFrom: {env: UNSET}, tls: {caFile: none.pem}}",
        "api: {tokens: [{name: a, tokenFrom: {file: none}}]}",
        "notifications: {webhooks: [{url: http://h, secretFrom: {env: UNSET}}]}",
      ].join("\n"),
    );
    const { faults, warnings } = await checkConfiguration({ config: directory, jobs: directory + "/jobs" });
    const sentences = (found: typeof faults) =>
      found.map((fault) => formatFault(fault).replaceAll(`${directory}/`, ""));
    expect(sentences(faults)).toEqual([
      "daemon.yaml:1:60: redis.tls.caFile: file not found: none.pem",
      "daemon.yaml:2:38: api.tokens.0.tokenFrom.file: file not found: none",
    ]);
    expect(sentences(warnings)).toEqual([
      "daemon.yaml:1:41: redis.passwordFrom.env: the environment variable UNSET is not set",
      "daemon.yaml:3:57: notifications.webhooks.0.secretFrom.env: the environment variable UNSET is not set",
    ]);
  });

  test("jobs follow jobs that are there, and not themselves", async () => {
    const jobs = join(directory, "jobs");
    await mkdir(jobs);
    const after = { nightly: "", reports: "nightly", wrong: "nightyl", a: "b", b: "c", c: "a", tail: "a" };
    for (const [name, job] of Object.entries(after)) {
      const chain = job === "" ? "" : `after: {job: ${job}}\n`;
      await writeFile(join(jobs, `${name}.yaml`), `${chain}copy: {from: ./x, to: ./y}\n`);
    }
    const { faults } = await checkConfiguration({ config: directory, jobs });
    expect(faults.map((fault) => formatFault(fault).replaceAll(`${jobs}/`, ""))).toEqual([
      "a.yaml:1:9: after.job: a job cannot follow itself: a after b after c after a",
      "b.yaml:1:9: after.job: a job cannot follow itself: b after c after a after b",
      "c.yaml:1:9: after.job: a job cannot follow itself: c after a after b after c",
      "wrong.yaml:1:9: after.job: no such job: nightyl; did you mean nightly?",
    ]);
  });
});
