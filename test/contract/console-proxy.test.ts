import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import { ConsoleDesk } from "../support/console.ts";
import { witness } from "../support/tcp-witness.ts";

let started: Awaited<ReturnType<typeof startServers>>;
let first: RunningServer;
let second: RunningServer;

beforeAll(async () => {
  started = await startServers([{ family: "proftpd" }, { family: "pure-ftpd" }]);
  [first, second] = started.servers as [RunningServer, RunningServer];
  for (const { root } of started.servers) {
    await mkdir(join(root, "in"));
    await chmod(join(root, "in"), 0o777);
  }
});
afterAll(() => started[Symbol.asyncDispose]());

const both = () =>
  [
    `open ${first.address} ${first.port}`,
    `user ${first.user} ${first.password}`,
    `proxy open ${second.address} ${second.port}`,
    `proxy user ${second.user} ${second.password}`,
    "proxy binary",
    "proxy cd in",
  ].join("\n");

test("proxy get goes from the first server to the second, proxy put back, and no byte of them passes here", async () => {
  await using desk = await ConsoleDesk.open();
  await writeFile(join(first.root, "there.iso"), Buffer.alloc(300_000, 7));
  await writeFile(join(second.root, "in", "back.iso"), Buffer.alloc(200_000, 9));
  const seen = await witness([first.port, second.port], async () => {
    const script = `${both()}\nproxy get there.iso\nproxy put back.iso here.iso\nbye`;
    expect(await desk.run(["-n"], script)).toEqual({ status: 0, out: "", err: "" });
  });
  expect(seen.others).toBe(0);
  expect(seen.octets).toBeLessThan(32_768);
  const [there, here] = [join(second.root, "in", "there.iso"), join(first.root, "here.iso")];
  expect((await readFile(there)).equals(Buffer.alloc(300_000, 7))).toBe(true);
  expect((await readFile(here)).equals(Buffer.alloc(200_000, 9))).toBe(true);
  expect((await readdir(join(second.root, "in"))).sort()).toEqual(["back.iso", "there.iso"]);
});

test("replies are distinguished by the name of the server, and other commands go to the second one", async () => {
  await using desk = await ConsoleDesk.open();
  await writeFile(join(first.root, "a.txt"), "a\n");
  const { out, status } = await desk.run(
    ["-nv"],
    `${both()}\nproxy get a.txt\nproxy pwd\nproxy close\npwd\nbye`,
  );
  expect(status).toBe(0);
  expect(out).toContain(`${second.address}:226 `);
  expect(out).toMatch(new RegExp(`^${second.address}:257 ".*/in"`, "m"));
  expect(out).toMatch(/^257 ".*files"/m);
});

test("proxy mget moves what matches at the first server, and nothing else", async () => {
  await using desk = await ConsoleDesk.open();
  for (const name of ["RFC-1799.txt", "RFC-1800.txt", "RFC-1899.txt", "RFC-1900.txt"])
    await writeFile(join(first.root, name), `${name}\n`);
  const { status } = await desk.run(["-in"], `${both()}\nproxy mget RFC-18*.txt\nbye`);
  expect(status).toBe(0);
  const names = await readdir(join(second.root, "in"));
  expect(names.filter((name) => name.startsWith("RFC")).sort()).toEqual(["RFC-1800.txt", "RFC-1899.txt"]);
});

test("proxy without a second server, or with one in ASCII, moves nothing and says why", async () => {
  await using desk = await ConsoleDesk.open();
  await writeFile(join(first.root, "never.txt"), "never\n");
  const { err } = await desk.run(
    ["-n", first.address, String(first.port)],
    `user ${first.user} ${first.password}\nproxy get never.txt\nproxy open ${second.address} ${second.port}\nproxy user ${second.user} ${second.password}\nproxy ascii\nproxy get never.txt\nproxy reget never.txt\nbye`,
  );
  expect(err).toContain("No proxy connection");
  expect(err).toContain("binary type");
  expect(err).toContain("not between two servers");
  expect(await readdir(second.root)).not.toContain("never.txt");
});

test("where the servers do not let each other in, the file goes through this machine, and that is said with the reason", async () => {
  await using refusing = await startServers([
    { family: "proftpd", foreign: "refused" },
    { family: "pure-ftpd", foreign: "refused" },
  ]);
  const [one, two] = refusing.servers as [RunningServer, RunningServer];
  await writeFile(join(one.root, "a.txt"), "a\n");
  await using desk = await ConsoleDesk.open();
  const script = [
    `open ${one.address} ${one.port}`,
    `user ${one.user} ${one.password}`,
    `proxy open ${two.address} ${two.port}`,
    `proxy user ${two.user} ${two.password}`,
    "proxy get a.txt",
    "bye",
  ].join("\n");
  const { status, out } = await desk.run(["-n"], script);
  expect(status).toBe(0);
  expect(out).toMatch(/^a\.txt passes through this machine: .*\d\d\d/m);
  expect(await readFile(join(two.root, "a.txt"), "utf8")).toBe("a\n");
});

/** vsftpd that refuses PORT to any other address than its client's, and is passive for anybody. */
const STRICT = { family: "vsftpd", settings: ["port_promiscuous=NO"] } as const;
const OPEN = { family: "vsftpd" } as const;

test.each([
  ["neither server", OPEN, OPEN],
  ["the first server", STRICT, OPEN],
  ["the second server", OPEN, STRICT],
] as const)(
  "where %s refuses PORT for another host, files go from server to server, and nothing connects to this machine",
  async (_, one, two) => {
    await using cell = await startServers([one, two]);
    const [here, there] = cell.servers as [RunningServer, RunningServer];
    await writeFile(join(here.root, "a.iso"), Buffer.alloc(300_000, 1));
    await writeFile(join(there.root, "b.iso"), Buffer.alloc(200_000, 2));
    await using desk = await ConsoleDesk.open();
    const script = `${logins(here, there)}\nproxy get a.iso\nproxy put b.iso\nbye`;
    const seen = await witness([here.port, there.port], async () => {
      expect(await desk.run(["-n"], script)).toEqual({ status: 0, out: "", err: "" });
    });
    expect(seen.others).toBe(0);
    expect(seen.octets).toBeLessThan(32_768);
    expect(await readFile(join(there.root, "a.iso"))).toEqual(Buffer.alloc(300_000, 1));
    expect(await readFile(join(here.root, "b.iso"))).toEqual(Buffer.alloc(200_000, 2));
  },
);

test("where both refuse PORT, the file goes through this machine, and the replies of both are said", async () => {
  await using cell = await startServers([STRICT, STRICT]);
  const [here, there] = cell.servers as [RunningServer, RunningServer];
  await writeFile(join(here.root, "a.iso"), Buffer.alloc(300_000, 1));
  await using desk = await ConsoleDesk.open();
  const { status, out } = await desk.run(["-n"], `${logins(here, there)}\nproxy get a.iso\nbye`);
  expect(status).toBe(0);
  for (const { address } of [here, there])
    expect(out).toMatch(
      new RegExp(`^a\\.iso passes through this machine: .*${address}: PORT [\\d,]+: 500 `, "m"),
    );
  expect(await readFile(join(there.root, "a.iso"))).toEqual(Buffer.alloc(300_000, 1));
});

function logins(one: RunningServer, two: RunningServer): string {
  return [
    `open ${one.address} ${one.port}`,
    `user ${one.user} ${one.password}`,
    `proxy open ${two.address} ${two.port}`,
    `proxy user ${two.user} ${two.password}`,
  ].join("\n");
}

test("with TLS on both sides the file goes from server to server, and protected", async () => {
  await using safe = await startServers([
    { family: "pure-ftpd", tls: "explicit", certificate: "good" },
    { family: "proftpd", tls: "explicit", certificate: "good" },
  ]);
  const [one, two] = safe.servers as [RunningServer, RunningServer];
  await writeFile(join(one.root, "a.txt"), "a\n");
  await using desk = await ConsoleDesk.open();
  await mkdir(join(desk.path, "config/hosts"), { recursive: true });
  for (const [name, server] of Object.entries({ one, two })) {
    const lines = [
      `address: ${server.address}`,
      `port: ${server.port}`,
      `user: ${server.user}`,
      "passwordFrom: {env: CONSOLE_SECRET}",
      `tls: {policy: required, caFile: ${server.caFile}}`,
    ];
    await writeFile(join(desk.path, `config/hosts/${name}.yaml`), `${lines.join("\n")}\n`);
  }
  process.env["CONSOLE_SECRET"] = one.password;
  try {
    let said = { status: -1, out: "", err: "" };
    const { others: seen } = await witness([one.port, two.port], async () => {
      said = await desk.run(["-d", "one"], "proxy open two\nproxy get a.txt\nbye");
    });
    const { status, out, err } = said;
    expect([status, err]).toEqual([0, ""]);
    expect(seen).toBe(0);
    for (const name of ["AUTH TLS", "PROT P"]) expect(out.split(`---> ${name}`).length - 1).toBe(2);
    expect(out).toMatch(/---> (SSCN ON|CPSV)/);
    expect(out).not.toContain("through this machine");
    expect(await readFile(join(two.root, "a.txt"), "utf8")).toBe("a\n");
  } finally {
    delete process.env["CONSOLE_SECRET"];
  }
});
