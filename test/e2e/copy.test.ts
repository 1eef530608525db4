import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import { until } from "../support/until.ts";
import { MAIN } from "../support/program.ts";
import { octetsIn } from "../support/transferred.ts";

let started: Awaited<ReturnType<typeof startServers>>;
let archive: RunningServer;
let edge: RunningServer;
let work: string;

beforeAll(async () => {
  started = await startServers([
    { family: "vsftpd" },
    { family: "proftpd" },
    { family: "proftpd", foreign: "refused" },
  ]);
  const [one, two, strict] = started.servers;
  if (one === undefined || two === undefined || strict === undefined) throw new Error("no servers");
  [archive, edge] = [one, two];
  work = await mkdtemp(join(tmpdir(), "fxpd-e2e-"));
  await mkdir(join(work, "config/hosts"), { recursive: true });
  for (const [name, { address, port, user }] of Object.entries({ archive, edge, strict })) {
    const lines = [
      `address: ${address}`,
      `port: ${port}`,
      `user: ${user}`,
      "passwordFrom: {env: SECRET}",
      "tls: off",
    ];
    await writeFile(join(work, `config/hosts/${name}.yaml`), `${lines.join("\n")}\n`);
  }
  await mkdir(join(archive.root, "pub/deep/er"), { recursive: true });
  for (const name of ["a.iso", "b.iso", "c.txt", "deep/d.iso", "deep/er/e.iso"]) {
    await writeFile(join(archive.root, "pub", name), `this is ${name}`);
  }
});

afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

function begin(args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const env = { ...process.env, SECRET: edge.password, FXPD_STATE: join(work, "state") };
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: work,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (status) => {
      const isJson = args.includes("--json");
      const events = isJson
        ? out
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>)
        : [];
      resolve({ status, out, err, events });
    });
  });
  return { child, ended };
}

const fxpd = (...args: readonly string[]) => begin(args).ended;

describe("fxpd copy", () => {
  test("keeps the directories below the fixed part of a pattern, and says what it did", async () => {
    const { status, events } = await fxpd("copy", "--json", "archive:pub/**/*.iso", "edge:mirror/");
    expect(status).toBe(0);
    expect(events.at(-1)).toMatchObject({
      event: "summary",
      outcome: "succeeded",
      files: { copied: 4, kept: 0, deleted: 0, skipped: 0, failed: 0 },
      bytes: { relayed: 0, resumed: 0 },
    });
    const transfers = events.filter(({ event }) => event === "transfer");
    expect(transfers).toHaveLength(4);
    for (const one of transfers)
      expect(one).toMatchObject({ by: "third-party", outcome: "succeeded", protected: false });
    expect(events.every(({ at }) => typeof at === "string")).toBe(true);
    expect(await readFile(join(edge.root, "mirror/deep/er/e.iso"), "utf8")).toBe("this is deep/er/e.iso");
    expect((await readdir(join(edge.root, "mirror"))).sort()).toEqual(["a.iso", "b.iso", "deep"]);
  });

  test("a directory is copied with all its files, under its name; with a slash after it, without", async () => {
    expect((await fxpd("copy", "archive:pub", "edge:trees/")).status).toBe(0);
    expect((await fxpd("copy", "archive:pub", "edge:trees")).status).toBe(0);
    expect((await readdir(join(edge.root, "trees"))).sort()).toEqual(["pub"]);
    expect(await readFile(join(edge.root, "trees/pub/deep/er/e.iso"), "utf8")).toBe("this is deep/er/e.iso");
    expect((await fxpd("copy", "archive:pub/", "here/flat")).status).toBe(0);
    await symlink("/etc/hostname", join(work, "here/flat/out-of-it"));
    expect((await fxpd("copy", "here/flat", "edge:trees/")).status).toBe(0);
    expect((await readdir(join(edge.root, "trees/flat"))).sort()).toEqual([
      "a.iso",
      "b.iso",
      "c.txt",
      "deep",
    ]);
    const inside = await fxpd("copy", "edge:trees", "edge:trees/pub/");
    expect([inside.status, inside.err]).toEqual([
      1,
      "fxpd: edge:trees/pub/: is in edge:trees, the directory that is to be copied\n",
    ]);
  });

  test.each([
    ["third-party", "archive:pub/a.iso", "edge:occupied/"],
    ["relayed", "edge:from/a.iso", "archive:occupied/"],
    ["on one server", "edge:from/a.iso", "edge:occupied/"],
    ["from here", "occupant/a.iso", "edge:occupied/"],
    ["to here", "archive:pub/a.iso", "occupied/"],
    ["written in place", "archive:pub/a.iso", "edge:occupied/", "--in-place", "always"],
    ["written in place here", "archive:pub/a.iso", "occupied/", "--in-place", "always"],
    ["if it does not exist", "archive:pub/a.iso", "edge:occupied/", "--on-exists", "skip"],
  ])(
    "a file whose name a directory has at the target fails, and is told what to do: %s",
    async (how, source, target, ...options) => {
      for (const root of [archive.root, edge.root, work]) {
        await mkdir(join(root, "occupied/a.iso"), { recursive: true });
        await chmod(join(root, "occupied"), 0o777);
      }
      for (const directory of [join(edge.root, "from"), join(work, "occupant")]) {
        await mkdir(directory, { recursive: true });
        await writeFile(join(directory, "a.iso"), "this is a.iso");
      }
      const ways = how === "relayed" ? ["--fxp", "never"] : [];
      const { status, err } = await fxpd("copy", source, target, ...options, ...ways);
      expect(err).toContain(
        "a directory with this name exists there; rename or delete it, or choose another target",
      );
      expect(err).toContain("occupied/a.iso");
      expect(status).toBe(1);
      for (const root of [archive.root, edge.root, work])
        expect(await readdir(join(root, "occupied"))).toEqual(["a.iso"]);
    },
  );

  test.each(["edge:unique/", "unique/"])(
    "with --on-exists unique, a file gets another name where a directory or a file has its own: %s",
    async (target) => {
      const directory = join(target.startsWith("edge:") ? edge.root : work, "unique");
      await mkdir(join(directory, "a.iso"), { recursive: true });
      await chmod(directory, 0o777);
      await writeFile(join(directory, "a.iso.1"), "taken");
      const copied = await fxpd("copy", "--on-exists", "unique", "archive:pub/a.iso", target);
      expect([copied.status, copied.err]).toEqual([0, ""]);
      expect((await readdir(directory)).sort()).toEqual(["a.iso", "a.iso.1", "a.iso.2"]);
      expect(await readFile(join(directory, "a.iso.2"), "utf8")).toBe("this is a.iso");
      expect(await readdir(join(directory, "a.iso"))).toEqual([]);
    },
  );

  test("the files of a list are copied; what was not is a list again", async () => {
    await writeFile(join(work, "wanted"), "deep/d.iso\na.iso\tfirst.iso\nnone.iso\n");
    const list = ["--files-from", "wanted", "--failed-to", "again"];
    const { status, err } = await fxpd("copy", ...list, "archive:pub", "edge:listed");
    expect(err).toContain("archive:pub/none.iso: is in the list, but no file of this name was found");
    expect(status).toBe(1);
    expect((await readdir(join(edge.root, "listed"), { recursive: true })).sort()).toEqual([
      "deep",
      "deep/d.iso",
      "first.iso",
    ]);
    expect(await readFile(join(work, "again"), "utf8")).toBe("none.iso\n");
    const alone = await fxpd("copy", "--failed-to", "again", "archive:pub", "edge:listed");
    expect([alone.status, alone.err]).toEqual([2, "fxpd: --failed-to: needs --files-from\n"]);
  });

  test("a dry run says what it would do, and does nothing", async () => {
    const { status, events } = await fxpd("copy", "--json", "--dry-run", "archive:pub/*", "edge:never/");
    expect(status).toBe(0);
    expect(events.filter(({ event, action }) => event === "action" && action === "copy")).toHaveLength(3);
    expect(await readdir(edge.root)).not.toContain("never");
  });

  test("a server that refuses third parties gets its file through this machine; under `only`, nobody does", async () => {
    const relayed = await fxpd("copy", "--json", "archive:pub/a.iso", "strict:x");
    expect(relayed.status).toBe(0);
    expect(relayed.events.at(-1)).toMatchObject({ bytes: { thirdParty: 0, relayed: 13 } });
    const refused = await fxpd("copy", "--fxp", "only", "archive:pub/a.iso", "strict:y");
    expect(refused.status).toBe(1);
    expect(refused.err).toMatch(
      /archive → strict: third-party transfer not possible \(--fxp only\): .*Illegal PORT command/,
    );
  });

  test("to this machine and back", async () => {
    expect((await fxpd("copy", "archive:pub/c.txt", "./here/")).status).toBe(0);
    expect((await fxpd("copy", "./here/*", "edge:back/")).status).toBe(0);
    expect(await readFile(join(edge.root, "back/c.txt"), "utf8")).toBe("this is c.txt");
  });

  test.each([
    [["archive:pub/none"], 1, "fxpd: archive:pub/none: no such file"],
    [["archive:pub/*.zip"], 1, "fxpd: archive:pub/*.zip: no file matches"],
    [["archiv:pub/a.iso"], 2, "did you mean archive?"],
    [
      ["archive/pub/a.iso"],
      2,
      '"archive/pub/a.iso" may be a local path or a path on the host archive; write ./archive/pub/a.iso or archive:pub/a.iso',
    ],
    [["ftp://me:hidden@127.0.0.1:1/a"], 3, "127.0.0.1:1: cannot connect"],
    [["archive:pub/a\nDELE b"], 2, "contains CR, LF or NUL"],
    [["archive:pub/a.iso", "archive:pub/deep/../a.iso"], 1, "two sources would be copied to this target"],
  ])("%j changes nothing, ends with %i, and says why", async (sources, expected, reason) => {
    const { status, err } = await fxpd("copy", ...sources, "edge:untouched/");
    expect(err).toContain(reason);
    expect(err).not.toContain("hidden");
    expect(status).toBe(expected);
    expect(await readdir(edge.root)).not.toContain("untouched");
  });

  test("a target that is a file instead of a directory is named", async () => {
    await writeFile(join(edge.root, "plain"), "x");
    const { status, err } = await fxpd("copy", "archive:pub/*.iso", "edge:plain");
    expect(status).toBe(1);
    expect(err).toContain("edge:plain: is a file; several files need a directory");
  });

  test("promise 6, no secret leaves: not in the conversation, not in an event, not in an error", async () => {
    const copied = await fxpd("copy", "-vv", "--json", "archive:pub/a.iso", "edge:secret");
    expect(copied.err).toMatch(/edge → PASS \*\*\*/);
    const url = `ftp://mirror:${edge.password}x@${edge.address}:${edge.port}/a`;
    const refused = await fxpd("copy", "-vv", url, "./x");
    expect(refused.status).toBe(3);
    expect(refused.err).toMatch(/login as mirror refused: 530/);
    for (const { out, err } of [copied, refused]) expect(out + err).not.toContain(edge.password);
    const kept = await readdir(join(work, "state"), { recursive: true, withFileTypes: true });
    const files = kept.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect(await readFile(file, "utf8")).not.toContain(edge.password);
  });

  test("Ctrl-C ends with 130; the next run goes on, and with --no-resume nothing is left to go on with", async () => {
    await using slow = await startServers([{ family: "vsftpd", settings: ["anon_max_rate=2000000"] }]);
    const [server] = slow.servers;
    if (server === undefined) throw new Error("no server");
    // Four seconds, to be interrupted in the first one.
    await writeFile(join(server.root, "big"), Buffer.alloc(8_000_000, "long enough to be interrupted "));
    const url = `ftp://ftp:${server.password}@${server.address}:${server.port}/big`;
    const interrupted = async (...more: readonly string[]) => {
      const before = await octetsIn(edge.root);
      const { child, ended } = begin(["copy", "--json", ...more, url, "edge:interrupted"]);
      await until(
        async () => (await octetsIn(edge.root)) > before + 1_000_000,
        "a part of it has come",
        30_000,
        20,
      );
      child.kill("SIGINT");
      const { status, events } = await ended;
      expect(status).toBe(130);
      expect(events.at(-1)).toMatchObject({ event: "summary", outcome: "cancelled" });
      const names = await readdir(edge.root);
      expect(names).not.toContain("interrupted");
      return names.filter((name) => name.startsWith(".fxpd"));
    };
    expect(await interrupted("--no-resume")).toEqual([]);
    expect(await interrupted()).toHaveLength(1);
    const { status, events } = await fxpd("copy", "--json", url, "edge:interrupted");
    expect(status).toBe(0);
    const [transfer] = events.filter(({ event }) => event === "transfer");
    expect(transfer?.["resumedFrom"]).toBeGreaterThan(500_000);
    expect(transfer).toMatchObject({
      because: expect.stringMatching(/resumed at \d+: the last block is equal, the source's size/),
    });
    expect(events.at(-1)).toMatchObject({ bytes: { resumed: transfer?.["resumedFrom"] } });
    expect((await readdir(edge.root)).filter((name) => name.startsWith(".fxpd"))).toEqual([]);
  });
});
