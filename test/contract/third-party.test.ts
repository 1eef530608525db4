import { execFile } from "node:child_process";
import { chmod, open, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/ftp-side.ts";
import type { Method } from "../../src/transfer/methods.ts";
import { Route } from "../../src/transfer/route.ts";
import { type Moved, transferFile } from "../../src/transfer/transfer.ts";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { ALL_METHODS } from "../support/methods.ts";
import { settingsFor } from "../support/settings.ts";
import { witness } from "../support/tcp-witness.ts";

const signal = new AbortController().signal;
const servers = new Map<string, RunningServer>();
let started: Awaited<ReturnType<typeof startServers>>;

beforeAll(async () => {
  started = await startServers(
    FAMILIES.flatMap((family) => [{ family, ip: 4 } as const, { family, ip: 6 } as const]),
  );
  for (const server of started.servers)
    servers.set(`${server.family} ${server.address === "::1" ? 6 : 4}`, server);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

const pairs = FAMILIES.flatMap((source) => FAMILIES.map((target) => ({ source, target })));

function serverOf(family: Family, ip: 4 | 6): RunningServer {
  const server = servers.get(`${family} ${ip}`);
  if (server === undefined) throw new Error(`no ${family} for IPv${ip}`);
  return server;
}

/** Moves a file by one method only; every other counts as refused already. */
async function move(
  source: RunningServer,
  target: RunningServer,
  name: string,
  method: Method,
): Promise<Moved> {
  const route = new Route();
  for (const other of ALL_METHODS.filter((one) => one !== method)) route.refused(other, "not in this test");
  const sides = [source, target].map(
    (server) => new FtpSide(settingsFor(server.name, server), { clock: systemClock }),
  );
  const [from, to] = sides;
  if (from === undefined || to === undefined) throw new Error("two sides");
  try {
    const ends = { source: { side: from, path: name }, target: { side: to, path: `copied-${name}` } };
    return await transferFile(ends, { policy: { fxp: "only", verify: "size" }, route, nonce: "t" }, signal);
  } finally {
    await Promise.all(sides.map((side) => side.close()));
  }
}

async function expectEqual(source: RunningServer, target: RunningServer, name: string): Promise<void> {
  await promisify(execFile)("cmp", [join(source.root, name), join(target.root, `copied-${name}`)]);
  expect((await readdir(target.root)).filter((one) => one.startsWith(".fxpd-"))).toEqual([]);
}

const SIZES = { "0 B": 0, "1 B": 1, "1 MiB": 1_048_576 } as const;

describe.each([4, 6] as const)("third-party transfer over IPv%i", (ip) => {
  const methods = ALL_METHODS.filter(({ form }) => ip === 4 || form === "EPSV");

  describe.each(pairs)("$source → $target", ({ source: from, target: to }) => {
    test.each(methods)(
      "$name moves files of every size, and no data connection touches us",
      async (method) => {
        const [source, target] = [serverOf(from, ip), serverOf(to, ip)];
        for (const [label, size] of Object.entries(SIZES)) {
          const name = `${label} ${method.name}`;
          await writeFile(join(source.root, name), Buffer.alloc(size, "third-party "));
          const seen = await witness([source.port, target.port], async () => {
            expect(await move(source, target, name, method)).toMatchObject({
              by: "third-party",
              bytes: size,
            });
          });
          expect(seen).toMatchObject({ others: 0 });
          expect(seen.octets).toBeLessThan(32_768);
          await expectEqual(source, target, name);
        }
      },
    );
  });
});

/** One octet more than what 32 bits can count, with marks at both ends and across the line. */
const HUGE = 2 ** 32 + 1;

async function writeHuge(path: string): Promise<void> {
  const file = await open(path, "w");
  await file.truncate(HUGE);
  for (const at of [0, 2 ** 31 - 4, 2 ** 32 - 4, HUGE - 4]) await file.write(`@${at % 997}`.slice(0, 4), at);
  await file.close();
  await chmod(path, 0o644);
}

describe("files over 4 GiB", () => {
  // Each ordered pair once; sides and families of addresses in turn, so that each server meets each of them.
  const cells = pairs.map((pair, index) => {
    const ip: 4 | 6 = Math.floor(index / 2) % 2 === 0 ? 4 : 6;
    const passive = (index + Math.floor(index / 4)) % 2 === 0 ? "target" : "source";
    return { ...pair, ip, passive };
  });

  test.each(cells)(
    "$source → $target over IPv$ip, $passive passive",
    async ({ source: from, target: to, ip, passive }) => {
      const [source, target] = [serverOf(from, ip), serverOf(to, ip)];
      const method = ALL_METHODS.find(
        (one) => one.passive === passive && one.form === (ip === 4 ? "PASV" : "EPSV"),
      );
      if (method === undefined) throw new Error("no such method");
      await writeHuge(join(source.root, "huge"));
      try {
        const seen = await witness([source.port, target.port], async () => {
          expect(await move(source, target, "huge", method)).toMatchObject({
            by: "third-party",
            bytes: HUGE,
          });
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
