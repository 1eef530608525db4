import { execFile } from "node:child_process";
import { chmod, open, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Method } from "../../src/transfer/move/third-party/methods.ts";
import type { Moved } from "../../src/transfer/policy.ts";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { ALL_METHODS, CLEAR_METHODS } from "../support/methods.ts";
import { moveInTurn, newRoute } from "../support/pair.ts";
import { witness } from "../support/tcp-witness.ts";

const servers = new Map<string, RunningServer>();
let started: Awaited<ReturnType<typeof startServers>>;

beforeAll(async () => {
  started = await startServers(
    // ProFTPD copies by itself what is to stay on it: its files go to another one.
    [...FAMILIES, "proftpd" as const].flatMap((family) => [
      { family, ip: 4 } as const,
      { family, ip: 6 } as const,
    ]),
  );
  for (const server of started.servers) {
    const name = `${server.family} ${server.address === "::1" ? 6 : 4}`;
    servers.set(servers.has(name) ? `another ${name}` : name, server);
  }
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

const pairs = FAMILIES.flatMap((source) => FAMILIES.map((target) => ({ source, target })));

function serverOf(family: Family, ip: 4 | 6, other?: Family): RunningServer {
  const name = `${family} ${ip}`;
  const server = (other === family ? servers.get(`another ${name}`) : undefined) ?? servers.get(name);
  if (server === undefined) throw new Error(`no ${family} for IPv${ip}`);
  return server;
}

/** Moves files by one method only; every other counts as refused already. */
async function move(
  source: RunningServer,
  target: RunningServer,
  names: readonly string[],
  method: Method,
): Promise<readonly Moved[]> {
  const route = await newRoute();
  for (const other of ALL_METHODS.filter((one) => one !== method))
    route.refused(other, "not in this test", "settings");
  const files = names.map((name) => ({ from: name, to: `copied-${name}` }));
  return moveInTurn({ source, target, route, policy: { fxp: "only" } }, files);
}

async function expectEqual(source: RunningServer, target: RunningServer, name: string): Promise<void> {
  await promisify(execFile)("cmp", [join(source.root, name), join(target.root, `copied-${name}`)]);
  expect((await readdir(target.root)).filter((one) => one.startsWith(".fxpd-"))).toEqual([]);
}

const SIZES = { "0 B": 0, "1 B": 1, "1 MiB": 1_048_576 } as const;

describe.each([4, 6] as const)("third-party transfer over IPv%i", (ip) => {
  const methods = CLEAR_METHODS.filter(({ form }) => ip === 4 || form === "EPSV");

  describe.each(pairs)("$source → $target", ({ source: from, target: to }) => {
    test.each(methods)(
      "$name moves files of every size, and no data connection touches us",
      async (method) => {
        const [source, target] = [serverOf(from, ip), serverOf(to, ip, from)];
        const names = Object.keys(SIZES).map((label) => `${label} ${method.name}`);
        const sizes = Object.values(SIZES);
        for (const [at, name] of names.entries())
          await writeFile(join(source.root, name), Buffer.alloc(sizes[at] ?? 0, "third-party "));
        const seen = await witness([source.port, target.port], async () => {
          const expected = sizes.map((bytes) => ({ by: "third-party", bytes }));
          expect(await move(source, target, names, method)).toMatchObject(expected);
        });
        expect(seen).toMatchObject({ others: 0 });
        expect(seen.octets).toBeLessThan(32_768);
        for (const name of names) await expectEqual(source, target, name);
      },
    );
  });
});

/** One byte more than what 32 bits can count, with marks at both ends and across the line. */
const HUGE = 2 ** 32 + 1;

async function writeHuge(path: string): Promise<void> {
  const file = await open(path, "w");
  await file.truncate(HUGE);
  for (const at of [0, 2 ** 31 - 4, 2 ** 32 - 4, HUGE - 4]) await file.write(`@${at % 997}`.slice(0, 4), at);
  await file.close();
  await chmod(path, 0o644);
}

// Only with `FXPD_LONG=1`, for each is 4 GiB: that every server counts so far, in both parts and between two servers, is seen by
// resume.test.ts, where files go on across that line.
describe.runIf(process.env["FXPD_LONG"] === "1")("files over 4 GiB", () => {
  // Each ordered pair once; sides and families of addresses in turn, so that each server meets each of them.
  const cells = pairs.map((pair, index) => {
    const ip: 4 | 6 = Math.floor(index / 2) % 2 === 0 ? 4 : 6;
    const passive = (index + Math.floor(index / 4)) % 2 === 0 ? "target" : "source";
    return { ...pair, ip, passive };
  });

  test.each(cells)(
    "$source → $target over IPv$ip, $passive passive",
    async ({ source: from, target: to, ip, passive }) => {
      const [source, target] = [serverOf(from, ip), serverOf(to, ip, from)];
      const method = CLEAR_METHODS.find(
        (one) => one.passive === passive && one.form === (ip === 4 ? "PASV" : "EPSV"),
      );
      if (method === undefined) throw new Error("no such method");
      await writeHuge(join(source.root, "huge"));
      try {
        const seen = await witness([source.port, target.port], async () => {
          expect(await move(source, target, ["huge"], method)).toMatchObject([
            { by: "third-party", bytes: HUGE },
          ]);
        });
        expect(seen).toMatchObject({ others: 0 });
        await expectEqual(source, target, "huge");
      } finally {
        await rm(join(source.root, "huge"));
        await rm(join(target.root, "copied-huge"), { force: true });
      }
    },
  );
});
