import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { findDirectories } from "../../../src/config/load/directories.ts";
import { loadJob } from "../../../src/config/load/load-job.ts";
import { ConfigError } from "../../../src/shared/errors.ts";
import { configurationForEach } from "../../support/configuration.ts";

const configuration = configurationForEach();
const { host, settings, write } = configuration;

describe("the directories", () => {
  beforeEach(() => process.chdir(configuration.path));

  test("are those beside which somebody works, if they have hosts", async () => {
    await write({ "config/database.yml": "", "user/fxpd/hosts/h.yaml": "", "user/fxpd/jobs/j.yaml": "" });
    const user = join(configuration.path, "user/fxpd");
    const users = { config: user, jobs: join(user, "jobs") };
    expect(findDirectories(undefined, undefined)).toMatchObject(users);
    await write({ "config/hosts/h.yaml": "", "jobs/j.yaml": "" });
    expect(findDirectories(undefined, undefined)).toMatchObject({ config: "config", jobs: "jobs" });
  });

  test("are those asked for, the option before the environment", async () => {
    await write({ "a/config/x": "", "a/jobs/x": "", "b/x": "", "c/x": "" });
    vi.stubEnv("FXPD_CONFIG", "a/config");
    expect(findDirectories(undefined, undefined)).toMatchObject({ config: "a/config", jobs: "a/jobs" });
    vi.stubEnv("FXPD_JOBS", "c");
    expect(findDirectories("b", undefined)).toMatchObject({ config: "b", jobs: "c" });
    expect(findDirectories("b", "b")).toMatchObject({ config: "b", jobs: "b" });
  });

  test("have to be there, as directories, when they are asked for", async () => {
    const refusal = (where: string) => new ConfigError("directory not found: gone", where);
    expect(() => findDirectories("gone", undefined)).toThrow(refusal("--config"));
    expect(() => findDirectories(undefined, "gone")).toThrow(refusal("--jobs"));
    await write({ "a-file": "" });
    const inTheWay = (where: string) => new ConfigError("a-file is a file, not a directory", where);
    expect(() => findDirectories("a-file", undefined)).toThrow(inTheWay("--config"));
    expect(() => findDirectories("a-file/config", undefined)).toThrow(inTheWay("--config"));
    expect(() => findDirectories(undefined, "a-file")).toThrow(inTheWay("--jobs"));
    vi.stubEnv("FXPD_CONFIG", "gone");
    expect(() => findDirectories(undefined, undefined)).toThrow(refusal("$FXPD_CONFIG"));
  });
});

describe("a host", () => {
  test("is what its file says", async () => {
    await write({ "config/hosts/ca.pem": "PEM" });
    await host(`
      address: ftp.example.org
      user: mirror
      passwordFrom: {env: HUSH}
      accountFrom: {env: ACCOUNT}
      tls: {policy: required, caFile: ca.pem, fingerprint: "${"AB:".repeat(31)}AB", serverName: other}
      localAddress: 192.0.2.9
      virtualHost: site
      dataAddresses: [192.0.2.1]
      dataOpening: active
      limits: {connections: 2}
      timeouts: {connect: 500ms, reply: 5m, stall: 90}
    `);
    vi.stubEnv("HUSH", "hunter2");
    vi.stubEnv("ACCOUNT", "sales");
    const { credentials, ...rest } = await settings("h:/pub");
    expect(rest).toEqual({
      name: "h",
      address: "ftp.example.org",
      port: 21,
      tls: {
        policy: "required",
        start: "explicit",
        verify: true,
        authorities: "PEM",
        fingerprint: "ab".repeat(32),
        serverName: "other",
      },
      localAddress: "192.0.2.9",
      virtualHost: "site",
      dataAddresses: ["192.0.2.1"],
      dataOpening: "active",
      commandsAhead: true,
      limits: { connections: 2 },
      timeouts: {
        connectMs: 500,
        replyMs: 300_000,
        stallMs: 90_000,
        idleMs: 240_000,
        minimumBytesPerSecond: 100,
      },
    });
    expect(credentials.user).toBe("mirror");
    expect(await credentials.password()).toBe("hunter2");
    expect(await credentials.account?.()).toBe("sales");
  });

  test("is reached by no other file than its own", async () => {
    await host("address: h");
    await write({ "config/hosts/broken.yaml": "{", "config/hosts/h.txt": "" });
    expect(await settings("h:")).toMatchObject({ address: "h" });
  });

  test("may end in .yml, and has one file", async () => {
    await write({ "config/hosts/h.yml": "address: h" });
    expect(await settings("h:")).toMatchObject({ address: "h" });
    await host("address: h");
    const base = join(configuration.path, "config/hosts/h");
    await expect(settings("h:")).rejects.toThrow(
      new ConfigError(`the host h is defined in two files, ${base}.yaml and ${base}.yml`),
    );
  });

  test("is not looked for in a file that has the name of the directory of hosts", async () => {
    await write({ "config/hosts": "" });
    const hosts = join(configuration.path, "config/hosts");
    await expect(settings("archive:x")).rejects.toThrow(
      new ConfigError("cannot be read: is a file, not a directory (ENOTDIR)", hosts),
    );
  });

  test("that is not there is named, with the directory and the nearest that is", async () => {
    await write({ "config/hosts/archive.yaml": "", "config/hosts/edge.yml": "" });
    const hosts = join(configuration.path, "config/hosts");
    await expect(settings("archvie:x")).rejects.toThrow(
      new ConfigError(`no such host: archvie (no archvie.yaml in ${hosts}); did you mean archive?`),
    );
    await expect(settings("ftp:x")).rejects.toThrow(
      new ConfigError(`no such host: ftp (no ftp.yaml in ${hosts}); to create it: fxpd host add ftp`),
    );
  });

  test("with faults is refused with all of them", async () => {
    await host("adress: h\nport: x");
    const file = join(configuration.path, "config/hosts/h.yaml");
    const sentences = [
      `${file}:1:1: address: is missing; expected a name or address without a port; the port has its own key`,
      `${file}:1:1: adress: unknown key; did you mean address?`,
      `${file}:2:1: port: expected a whole number from 1 to 65535`,
    ];
    await expect(settings("h:")).rejects.toThrow(new ConfigError(sentences.join("\n")));
  });

  test("whose authorities are not there is refused", async () => {
    await host("address: h\ntls: {caFile: none.pem}");
    await expect(settings("h:")).rejects.toThrow(
      /h\.yaml: tls\.caFile: \S+ cannot be read: no such file or directory \(ENOENT\)/,
    );
  });
});

describe("the port", () => {
  test.each([
    ["address: h", 21],
    ["address: h\ntls: off", 21],
    ["address: h\ntls: {start: implicit}", 990],
    ["address: h\ntls: {start: implicit}\nport: 2121", 2121],
  ])("%j: %i", async (text, port) => {
    await host(text);
    expect((await settings("h:")).port).toBe(port);
  });

  test.each([
    ["ftp://h", 21],
    ["ftpes://h", 21],
    ["ftps://h", 990],
    ["ftps://h:21", 21],
  ])("%s: %i", async (text, port) => {
    expect((await settings(text)).port).toBe(port);
  });
});

describe("protection", () => {
  test.each([
    ["ftp://h", { policy: "off", start: "explicit" }],
    ["ftpes://h", { policy: "required", start: "explicit" }],
    ["ftps://h", { policy: "required", start: "implicit" }],
  ])("%s", async (text, tls) => {
    expect((await settings(text)).tls).toMatchObject({ ...tls, verify: true });
  });

  test.each([
    ["address: h", undefined, "prefer"],
    ["address: h", "off", "off"],
    ["address: h", "required", "required"],
    ["address: h\ntls: off", "required", "required"],
    ["address: h\ntls: prefer", "required", "required"],
    ["address: h\ntls: {verify: false}", "off", "off"],
    ["address: h\ntls: {start: implicit}", undefined, "required"],
  ] as const)("%j with tls: %s is %s", async (text, wanted, policy) => {
    await host(text);
    expect((await settings("h:", { tls: wanted })).tls.policy).toBe(policy);
  });

  test.each([
    [
      "h:",
      "address: h\ntls: required",
      "prefer",
      "h has tls: required in its host file; tls: prefer would weaken that",
    ],
    [
      "h:",
      "address: h\ntls: prefer",
      "off",
      "h has tls: prefer in its host file; tls: off would weaken that",
    ],
    [
      "h:",
      "address: h\ntls: {start: implicit}",
      "off",
      "h has tls: required in its host file; tls: off would weaken that",
    ],
    ["ftpes://h:21", "", "off", "h:21 has tls: required in its host file; tls: off would weaken that"],
  ] as const)("%s of %j is not lowered to %s", async (text, file, tls, sentence) => {
    await host(file);
    await expect(settings(text, { tls })).rejects.toThrow(new ConfigError(sentence));
  });
});

test("one timeout stands for all three", async () => {
  await host("address: h\ntimeouts: {reply: 5m}");
  const timeouts = {
    connectMs: 1_500,
    replyMs: 1_500,
    stallMs: 1_500,
    idleMs: 240_000,
    minimumBytesPerSecond: 100,
  };
  expect((await settings("h:", { timeout: 1_500 })).timeouts).toEqual(timeouts);
});

describe("a job", () => {
  const jobs = () => ({ config: join(configuration.path, "config"), jobs: join(configuration.path, "jobs") });

  test("is found by its name or by its file", async () => {
    await write({
      "jobs/nightly.yaml": "copy: {from: a:b, to: c:d}",
      "else/where.yml": "copy: {from: a:b, to: c:d}",
    });
    expect(await loadJob("nightly", jobs())).toMatchObject({
      name: "nightly",
      file: join(configuration.path, "jobs/nightly.yaml"),
      job: { copy: { from: ["a:b"], to: "c:d" }, parallel: 4 },
    });
    expect(await loadJob(join(configuration.path, "else/where.yml"), jobs())).toMatchObject({
      name: "where",
    });
  });

  test("is as its file says now, and comes with what is written there", async () => {
    for (const parallel of [2, 3, 3]) {
      const document = { copy: { from: "a:b", to: "c:d" }, parallel };
      await write({ "jobs/nightly.yaml": JSON.stringify(document) });
      expect(await loadJob("nightly", jobs())).toMatchObject({ job: { parallel }, document });
    }
    await write({ "jobs/nightly.yaml": "copy: {}" });
    await expect(loadJob("nightly", jobs())).rejects.toThrow(/from: is missing/);
  });

  test("that is not there is named, with the nearest that is", async () => {
    await write({ "jobs/nightly.yaml": "" });
    const sentence = `no such job: nihgtly (no nihgtly.yaml in ${jobs().jobs}); did you mean nightly?`;
    await expect(loadJob("nihgtly", jobs())).rejects.toThrow(new ConfigError(sentence));
    await expect(loadJob("../nightly", jobs())).rejects.toThrow(/^no such job/);
    await expect(loadJob("./none.yaml", jobs())).rejects.toThrow(
      /none\.yaml:1:1: cannot be read: no such file or directory \(ENOENT\)/,
    );
  });
});
