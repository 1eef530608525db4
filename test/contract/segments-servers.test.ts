import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { bytesOf, SegmentScene } from "../support/segment-scene.ts";

const WHOLE = bytesOf(12 * 2 ** 20);

/** Families that demand the control connection's TLS session on data connections, where they are told to. */
const REUSING = ["vsftpd", "proftpd"] as const;

let started: Awaited<ReturnType<typeof startServers>>;
let local: string;
const scene = new SegmentScene();
beforeAll(async () => {
  local = await mkdtemp(join(tmpdir(), "fxpd-segments-servers-"));
  await writeFile(join(local, "whole"), WHOLE);
  started = await startServers([
    ...FAMILIES.map((family) => ({ family })),
    { family: "vsftpd", settings: ["lock_upload_files=NO"] },
    ...REUSING.map((family) => ({ family, tls: "reuse" as const })),
  ]);
  for (const { root } of started.servers) await writeFile(join(root, "whole"), WHOLE);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await rm(local, { recursive: true, force: true });
});
afterEach(() => scene[Symbol.asyncDispose]());

function serverOf(family: Family | "unlocked"): RunningServer {
  const server = started.servers[family === "unlocked" ? FAMILIES.length : FAMILIES.indexOf(family)];
  if (server === undefined) throw new Error("no server");
  return server;
}

async function expectWhole(directory: string, name: string): Promise<void> {
  expect((await readFile(join(directory, name))).equals(WHOLE)).toBe(true);
  expect((await readdir(directory)).filter((one) => one.startsWith(".fxpd"))).toEqual([]);
}

describe("promise 1: segments from and to the servers that there are", () => {
  test.each(FAMILIES)("a download from %s comes in three segments, each from its place", async (family) => {
    const from = scene.at(serverOf(family), "source", "whole");
    const moved = await scene.copy({ from, to: scene.here(join(local, family)), policy: { segments: 3 } });
    await expectWhole(local, family);
    // How many were at work at once depends on how fast the first one was.
    expect(moved.because).toMatch(/^one side is this machine; on (one connection|[23] connections at once)$/);
    expect(moved).toMatchObject({ bytes: WHOLE.length, resumedFrom: 0 });
  });

  test.each(REUSING)("%s wants its TLS session on every data connection, and gets it", async (family) => {
    const server = started.servers[FAMILIES.length + 1 + REUSING.indexOf(family)];
    if (server?.caFile === undefined) throw new Error("no server with TLS");
    const authorities = await readFile(server.caFile, "utf8");
    const tls = { policy: "required", start: "explicit", verify: true, authorities } as const;
    const moved = await scene.copy({
      from: scene.at(server, "source", "whole", { tls }),
      to: scene.here(join(local, `${family}-tls`)),
      policy: { segments: 3 },
    });
    await expectWhole(local, `${family}-tls`);
    expect(moved.because).toMatch(/^one side is this machine; on (one connection|[23] connections at once)$/);
    expect(moved).toMatchObject({ bytes: WHOLE.length, resumedFrom: 0, protected: true });
  });

  test.each([
    ["unlocked", /^one side is this machine; on (one connection|[23] connections at once)$/],
    [
      "vsftpd",
      /^one side is this machine; on (one connection|[23] connections at once)(; target lets only .*)?$/,
    ],
    ["proftpd", /^one side is this machine; on one connection: target: STOR .*554/],
    ["pure-ftpd", /^one side is this machine; on one connection: target does not keep what follows/],
    ["pyftpdlib", /^one side is this machine; on one connection: target: STOR .*554/],
  ] as const)("an upload to %s is whole, and says on how many connections", async (family, because) => {
    const server = serverOf(family);
    const to = scene.at(server, "target", "copy");
    const moved = await scene.copy({ from: scene.here(join(local, "whole")), to, policy: { segments: 3 } });
    await expectWhole(server.root, "copy");
    expect(moved.because).toMatch(because);
  });

  test("a relay from ProFTPD to vsftpd is whole", async () => {
    const server = serverOf("unlocked");
    const from = scene.at(serverOf("proftpd"), "source", "whole");
    const to = scene.at(server, "target", "relayed");
    const moved = await scene.copy({ from, to, policy: { segments: 3, fxp: "never" } });
    await expectWhole(server.root, "relayed");
    expect(moved.because).toMatch(/--fxp never\); on (one connection|[23] connections at once)$/);
  });

  test("a third-party transfer in segments from ProFTPD, which has RANG, to vsftpd is whole", async () => {
    const server = serverOf("unlocked");
    const moved = await scene.copy({
      from: scene.at(serverOf("proftpd"), "source", "whole"),
      to: scene.at(server, "target", "ranges"),
      policy: { segments: 3, fxp: "only" },
    });
    await expectWhole(server.root, "ranges");
    expect(moved).toMatchObject({ by: "third-party", bytes: WHOLE.length, resumedFrom: 0 });
    expect(moved.because).toMatch(/^both servers allow it; on (one connection|[23] connections at once)$/);
  });

  test("a third-party transfer from a server without RANG goes on one connection, and says so", async () => {
    const server = serverOf("unlocked");
    const from = scene.at(serverOf("vsftpd"), "source", "whole");
    const moved = await scene.copy({
      from,
      to: scene.at(server, "target", "direct"),
      policy: { segments: 3 },
    });
    await expectWhole(server.root, "direct");
    expect(moved.by).toBe("third-party");
    expect(moved.because).toMatch(
      /; on one connection: only what passes through this machine, or comes from a server with RANG, is copied in segments$/,
    );
  });
});
