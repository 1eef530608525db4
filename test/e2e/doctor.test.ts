import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import { MAIN } from "../support/program.ts";
import { treeServer } from "../support/tree-server.ts";

let started: Awaited<ReturnType<typeof startServers>>;
let servers: Readonly<Record<"archive" | "edge" | "strict" | "sealed", RunningServer>>;
let work: string;

beforeAll(async () => {
  started = await startServers([
    { family: "vsftpd" },
    { family: "proftpd" },
    { family: "pure-ftpd", foreign: "refused" },
    { family: "vsftpd", settings: ["write_enable=NO"] },
  ]);
  const [archive, edge, strict, sealed] = started.servers as [
    RunningServer,
    RunningServer,
    RunningServer,
    RunningServer,
  ];
  servers = { archive, edge, strict, sealed };
  work = await mkdtemp(join(tmpdir(), "fxpd-doctor-"));
  await mkdir(join(work, "config/hosts"), { recursive: true });
  for (const [name, { address, port, user }] of Object.entries(servers))
    await writeHost(name, address, port, user);
  await writeHost("gone", "127.0.0.1", 1, "nobody");
  await writeFile(join(sealed.root, "theirs"), "x".repeat(100_000));
});

async function writeHost(name: string, address: string, port: number, user: string): Promise<void> {
  const lines = [
    `address: ${address}`,
    `port: ${port}`,
    `user: ${user}`,
    "passwordFrom: {env: SECRET}",
    "tls: off",
  ];
  await writeFile(join(work, `config/hosts/${name}.yaml`), `${lines.join("\n")}\n`);
}

afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

const doctor = (args: readonly string[]) => begin(args).ended;

function begin(args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const env = { ...process.env, SECRET: servers.edge.password, FXPD_STATE: join(work, "state") };
  const child = spawn(process.execPath, [MAIN, "doctor", ...args], { cwd: work, env, stdio: "pipe" });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (status) => resolve({ status, out, err })),
  );
  return { child, ended };
}

const leftOn = async (...running: readonly RunningServer[]) =>
  (await Promise.all(running.map(({ root }) => readdir(root)))).flat();

describe("fxpd doctor", () => {
  test("two servers that let third parties in: a report for people, and success", async () => {
    const { status, out, err } = await doctor(["archive", "edge"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(/^archive \(vsftpd\) → edge \(proftpd\)\n/);
    expect(out).toMatch(/^ {2}target-pasv +works +archive connects to edge, unencrypted, /m);
    expect(out).toContain("4 methods work: fxpd copy tries source-pasv first.\n");
    expect(out).not.toMatch(/^To make/m);
    expect(await leftOn(servers.archive, servers.edge)).toEqual([]);
  });

  test("a server that lets nobody in: each method in JSON, the summary last, what to set, status 1", async () => {
    const { status, out } = await doctor(["--json", "archive:", "strict"]);
    expect(status).toBe(1);
    const events = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(events.find(({ method }) => method === "source-pasv")).toMatchObject({
      event: "method",
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      outcome: "refused",
      role: "target",
      host: "strict",
      command: "PORT",
      reply: expect.stringMatching(/^500 I won't open a connection/),
      advice: [expect.stringMatching(/^strict: set AllowUserFXP yes in pure-ftpd\.conf/)],
    });
    expect(events.at(-1)).toMatchObject({
      event: "summary",
      outcome: "failed",
      works: [],
      advice: [expect.stringMatching(/^strict: set AllowUserFXP yes/)],
      left: [],
    });
  });

  test("the text report gives the advice once, with its danger", async () => {
    const { status, out } = await doctor(["archive", "strict"]);
    expect(status).toBe(1);
    expect(out).toContain("No third-party method works: fxpd copy sends files through this machine.\n");
    expect(out.match(/strict: set AllowUserFXP yes/g)).toHaveLength(1);
    expect(out).toContain("(RFC 2577)");
    expect((await doctor(["--quiet", "archive", "strict"])).out).toBe("");
  });

  test("a source that takes no files is tried with one that is there", async () => {
    const refused = await doctor(["sealed", "edge"]);
    expect(refused.status).toBe(1);
    expect(refused.err).toMatch(/^fxpd: sealed: STOR .*; to test with an existing file, use --file PATH\n$/);
    const { status, out } = await doctor(["sealed", "edge", "--file", "theirs"]);
    expect(status).toBe(0);
    expect(out).toContain("4 methods work");
    expect(await leftOn(servers.sealed, servers.edge)).toEqual(["theirs"]);
  });

  test("a target that takes no files is said to, and nothing is moved", async () => {
    const { status, out, err } = await doctor(["archive", "sealed"]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^fxpd: sealed: STOR .*: 55/);
    expect(await leftOn(servers.archive)).toEqual([]);
  });

  test("status 2 for wrong input, 3 where there is no way in", async () => {
    expect((await doctor(["archive", "./here"])).status).toBe(2);
    expect((await doctor(["archive", "nowhere"])).status).toBe(2);
    expect((await doctor(["archive", "edge", "--file", "missing"])).status).toBe(2);
    const { status, err } = await doctor(["archive", "gone"]);
    expect(status).toBe(3);
    expect(err).toMatch(/^fxpd: gone: /);
    expect(await leftOn(servers.archive, servers.edge)).toEqual([]);
  });

  test("Ctrl-C leaves nothing behind", async () => {
    await using source = await treeServer();
    await writeHost("held", source.address, source.port, source.user);
    const { child, ended } = begin(["held", "archive"]);
    // In the midst of the first transfer: all other methods are still to be tried.
    const until = () => Promise.resolve(child.kill("SIGINT"));
    source.fault({ kind: "late", verbs: ["RETR"], times: 1, until });
    const { status, err } = await ended;
    expect({ status, err }).toEqual({ status: 130, err: "fxpd: interrupted\n" });
    expect(source.tree.list("/")).toEqual([]);
    expect(await leftOn(servers.archive)).toEqual([]);
  });
});
