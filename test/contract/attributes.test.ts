import { createHash } from "node:crypto";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import type { HostSettings } from "../../src/ftp/settings.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { mirrorRequest } from "../support/mirror-scene.ts";
import { moveOne } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";

const CONTENT = Buffer.alloc(200_000, "what it is, and since when ");
/** 14 July 2017, 02:40:00 UTC. */
const WHEN = 1_500_000_000;

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers([
    ...FAMILIES.map((family) => ({ family })),
    ...FAMILIES.map((family) => ({ family })),
    { family: "pyftpdlib", tls: "required" },
    { family: "proftpd", tls: "required" },
  ]);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

function server(index: number): RunningServer {
  const found = started.servers[index];
  if (found === undefined) throw new Error(`no server ${index}`);
  return found;
}
const source = (family: Family) => server(FAMILIES.indexOf(family));
const target = (family: Family) => server(4 + FAMILIES.indexOf(family));

async function plant({ root }: RunningServer, name: string): Promise<void> {
  await writeFile(join(root, name), CONTENT);
  await utimes(join(root, name), WHEN, WHEN);
}

const PAIRS = FAMILIES.flatMap((one) => FAMILIES.map((two) => ({ one, two })));

describe("times are kept when that is asked for", () => {
  test.each(PAIRS)("$one → $two", async ({ one, two }) => {
    const [from, to] = [source(one), target(two)];
    const name = `a time from ${one}`;
    await plant(from, name);
    const moving = { source: from, target: to, from: name, to: name };
    const kept = await moveOne({ ...moving, policy: { preserveTimes: true } });
    expect(kept).toMatchObject({ because: expect.not.stringMatching(/time not kept/) });
    expect((await stat(join(to.root, name))).mtimeMs).toBe(WHEN * 1_000);
    await moveOne(moving);
    expect((await stat(join(to.root, name))).mtimeMs).toBeGreaterThan(WHEN * 1_000);
  });
});

describe("a symbolic link to a file, which is older than the link", () => {
  test.each(FAMILIES)("is copied as that file from %s", async (family) => {
    const from = source(family);
    const to = target("proftpd");
    await plant(from, `linked by ${family}`);
    await symlink(`linked by ${family}`, join(from.root, `link of ${family}`));
    const name = `link of ${family}`;
    await moveOne({ source: from, target: to, from: name, to: name, policy: { preserveTimes: true } });
    expect(await readFile(join(to.root, name))).toEqual(CONTENT);
    expect((await lstat(join(to.root, name))).isFile()).toBe(true);
    expect((await stat(join(to.root, name))).mtimeMs).toBe(WHEN * 1_000);
  });
});

test("a mirror out of ProFTPD, whose MLST tells the size and time of the link, copies linked and small files once", async () => {
  const { root, ...server } = source("proftpd");
  await mkdir(join(root, "linking"));
  await plant(source("proftpd"), "linking/file");
  await symlink("file", join(root, "linking/link"));
  await writeFile(join(root, "linking/open"), "small");
  await chmod(join(root, "linking/open"), 0o777);
  const to = await mkdtemp(join(tmpdir(), "fxpd-linking-"));
  const at = (name: string, connect: Place["connect"]): Place => {
    return { key: name, name, at: (path) => `${name}:${path}`, connect, limit: 2 };
  };
  const here = at("here", () => new LocalSide());
  const there = at("alpha", () => new FtpSide(settingsFor("alpha", server), { clock: systemClock }));
  const mirrored = async () => {
    const request = {
      ...mirrorRequest(there, here, { parallel: 1, scan: { links: "follow" } }),
      source: { place: there, path: "linking", shown: "alpha:linking" },
      target: { place: here, path: to, shown: to },
    };
    const written = { recall: async () => new Map(), note: () => {} };
    return mirror(request, { ...copyDeps().deps, written }, AbortSignal.timeout(60_000));
  };
  expect(await mirrored()).toMatchObject({ outcome: "succeeded", files: { copied: 3 } });
  expect(await readFile(join(to, "link"))).toEqual(CONTENT);
  expect(await mirrored()).toMatchObject({ outcome: "succeeded", files: { copied: 0, kept: 3 } });
  await rm(to, { recursive: true });
});

describe("digests", () => {
  const value = createHash("sha512").update(CONTENT).digest("hex");

  test("of two ProFTPDs are equal, and in the record", async () => {
    await plant(source("proftpd"), "with a digest");
    const moved = await moveOne({
      source: source("proftpd"),
      target: target("proftpd"),
      from: "with a digest",
      to: "with a digest",
      policy: { verify: "require-digest" },
    });
    expect(moved).toMatchObject({ by: "third-party", digest: { algorithm: "SHA-512", value } });
  });

  test.each(FAMILIES.filter((family) => family !== "proftpd"))(
    "from %s: none in common, so that under require-digest nothing moves, and under digest the size decides",
    async (family) => {
      const [from, to] = [source(family), target("proftpd")];
      const name = `digest or not from ${family}`;
      await plant(from, name);
      const moving = { source: from, target: to, from: name, to: name };
      const required = moveOne({ ...moving, policy: { verify: "require-digest" } });
      await expect(required).rejects.toThrow(/a digest is required, but the servers have none in common/);
      expect(await readdir(to.root)).not.toContain(name);
      expect(await moveOne({ ...moving, policy: { verify: "digest" } })).toMatchObject({ digest: null });
      // Through us the bytes that pass are measured here.
      const policy = { fxp: "never", verify: "require-digest" } as const;
      expect(await moveOne({ ...moving, policy })).toMatchObject({ digest: { value } });
    },
  );
});

test("a server that copies by itself is asked to, and no data connection is made", async () => {
  const one = source("proftpd");
  await plant(one, "to be copied there");
  const said: string[] = [];
  const moved = await moveOne({
    source: one,
    target: one,
    from: "to be copied there",
    to: "the copy",
    transcript: ({ from, text }) => void (from === "us" && said.push(text)),
  });
  expect(moved).toMatchObject({ by: "server-side", method: null, protected: null, bytes: CONTENT.length });
  expect(said.filter((line) => /^(PASV|PORT|EPSV|EPRT|RETR|STOR)/.test(line))).toEqual([]);
  expect((await readFile(join(one.root, "the copy"))).equals(CONTENT)).toBe(true);
});

test("a relay out of pyftpdlib over TLS loses nothing, file after file", async () => {
  const [from, to] = [server(8), server(9)];
  const tls = async ({ caFile = "" }: RunningServer): Promise<HostSettings["tls"]> => ({
    policy: "required",
    start: "explicit",
    verify: true,
    authorities: await readFile(caFile, "utf8"),
  });
  const each = { source: { tls: await tls(from) }, target: { tls: await tls(to) } };
  for (let round = 0; round < 10; round += 1) {
    await plant(from, `private ${round}`);
    const moving = { source: from, target: to, from: `private ${round}`, to: `private ${round}` };
    const moved = await moveOne({ ...moving, each, policy: { fxp: "never" } });
    expect(moved).toMatchObject({ by: "relay", protected: true, bytes: CONTENT.length });
  }
});
