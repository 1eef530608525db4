import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { HostSettings } from "../../src/ftp/settings.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { transferFile } from "../../src/transfer/file-transfer.ts";
import { type Ledger, memoryLedger } from "../../src/transfer/ledger.ts";
import type { Moved, TransferPolicy } from "../../src/transfer/policy.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import type { ZooKind } from "../servers/zoo/kind.ts";
import { cdn } from "../servers/zoo/kinds/cdn.ts";
import { dropBox } from "../servers/zoo/kinds/drop-box.ts";
import { type ZooServer, zooServer } from "../servers/zoo/server.ts";
import { newRoute, POLICY } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";

// Promise 2: only where a server refuses to rename, and the setting allows it, is a file written under its final name.

const DENIED = "550 Operation not permitted";
const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251));
/** Renaming is refused, all else is as usual. */
const noRename: ZooKind = { ...dropBox, habits: { RNFR: DENIED } };
/** Everything is as usual. */
const usual: ZooKind = { ...dropBox, habits: {} };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-in-place-"));
  await writeFile(join(directory, "a"), CONTENT);
  await utimes(join(directory, "a"), 1_600_000_000, 1_600_000_000);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Wishes {
  readonly policy?: Partial<TransferPolicy>;
  readonly host?: Partial<HostSettings>;
  readonly ledger?: Ledger;
  readonly to?: string;
  readonly aside?: string;
}

/** Copies the local file to the server, on a connection of its own. */
async function sent(
  server: ZooServer,
  { policy, host, ledger, to = "up/a", aside }: Wishes = {},
): Promise<Moved> {
  const side = new FtpSide(settingsFor("zoo", server, host), { clock: systemClock });
  try {
    const ends = {
      source: { side: new LocalSide(), path: join(directory, "a") },
      target: { side, path: to },
    };
    const context = {
      policy: { ...POLICY, ...policy },
      route: await newRoute(),
      ledger: ledger ?? memoryLedger("test"),
      clock: systemClock,
      ...(aside === undefined ? {} : { aside }),
    };
    return await transferFile(ends, context, AbortSignal.timeout(30_000));
  } finally {
    await side.close();
  }
}

const namesIn = (server: ZooServer) => (server.tree.list("/up") ?? []).map(({ name }) => name);

async function started(kind: ZooKind): Promise<ZooServer> {
  const server = await zooServer(kind);
  server.tree.makeDirectory("/up");
  return server;
}

test("a server that refuses to rename gets the file under its final name, and the record says why", async () => {
  await using server = await started(noRename);
  server.tree.plant("/up/a", Buffer.from("old"), 1_000);
  const moved = await sent(server);
  expect(moved).toMatchObject({ inPlace: true, bytes: CONTENT.length });
  expect(moved.because).toContain(
    "written in place, because the server does not rename (zoo: RNFR: 550 Operation not permitted)",
  );
  expect(server.tree.read("/up/a")?.equals(CONTENT)).toBe(true);
  expect(namesIn(server)).toEqual(["a"]);
  // What is known is not found out again.
  const before = server.commands.length;
  expect(await sent(server, { to: "up/b" })).toMatchObject({ inPlace: true });
  expect(server.commands.slice(before).filter((line) => /^(RNFR|STOR)/.test(line))).toEqual(["STOR /up/b"]);
});

test("where deleting is refused as well, what is left behind is named, and the size is proven by a listing", async () => {
  await using server = await started(dropBox);
  const moved = await sent(server);
  expect(moved).toMatchObject({ inPlace: true });
  expect(moved.because).toMatch(/; up\/\.fxpd-\w+-test\.part could not be deleted and is left behind/);
  expect(server.tree.read("/up/a")?.equals(CONTENT)).toBe(true);
  await sent(server, { to: "up/b" });
  expect(namesIn(server).filter((name) => name.startsWith(".fxpd-"))).toHaveLength(1);
});

test("inPlace: never refuses with the name of the key, first after and then before anything is sent", async () => {
  await using server = await started(noRename);
  server.tree.plant("/up/a", Buffer.from("old"), 1_000);
  for (const wishes of [{ policy: { inPlace: "never" } }, { host: { inPlace: "never" } }] as const)
    await expect(sent(server, wishes)).rejects.toThrow(
      /550 Operation not permitted; the server does not rename, and inPlace: never forbids/,
    );
  expect(server.commands.filter((line) => line.startsWith("STOR"))).toHaveLength(1);
  expect(server.tree.read("/up/a")?.toString()).toBe("old");
  expect(namesIn(server)).toEqual(["a"]);
  // What a run says counts before what the host's file says.
  expect(await sent(server, { policy: { inPlace: "always" }, host: { inPlace: "never" } })).toMatchObject({
    inPlace: true,
  });
});

test("inPlace: always writes under the final name at once, on a server that renames too", async () => {
  await using server = await started(usual);
  const moved = await sent(server, { host: { inPlace: "always" } });
  expect(moved).toMatchObject({ inPlace: true, because: expect.stringContaining("inPlace: always") });
  expect(server.commands.filter((line) => /^(RNFR|STOR)/.test(line))).toEqual(["STOR /up/a"]);
  expect((await sent(server, { to: "up/b" })).inPlace).toBeUndefined();
});

test("a refusal where files have been renamed before is about that file, and nothing is written in place", async () => {
  let isRefused = false;
  const kind: ZooKind = {
    ...usual,
    habits: { RNFR: () => (isRefused ? DENIED : undefined) },
  };
  await using server = await started(kind);
  await sent(server);
  isRefused = true;
  server.tree.plant("/up/b", Buffer.from("old"), 1_000);
  await expect(sent(server, { to: "up/b" })).rejects.toThrow(DENIED);
  expect(server.tree.read("/up/b")?.toString()).toBe("old");
});

test("a copy in place that was cut off resumes where its beginning is proven", async () => {
  await using server = await started(noRename);
  const ledger = memoryLedger("test");
  const host = { inPlace: "always" } as const;
  server.cutAfter(120_000);
  await expect(sent(server, { host, ledger })).rejects.toThrow(/final name is incomplete/);
  expect(server.tree.read("/up/a")).toHaveLength(120_000);
  expect(await sent(server, { host, ledger })).toMatchObject({
    resumedFrom: 120_000,
    bytes: 80_000,
    inPlace: true,
  });
  expect(server.tree.read("/up/a")?.equals(CONTENT)).toBe(true);
});

test("an old file is never taken for the beginning of a new one, however it begins", async () => {
  let isRefused = true;
  const habits = { RNFR: DENIED, STOR: () => (isRefused ? "451 Try again later" : undefined) };
  await using server = await started({ ...noRename, habits });
  server.tree.plant("/up/a", CONTENT.subarray(0, 120_000), 1_000);
  const [ledger, host] = [memoryLedger("test"), { inPlace: "always" } as const];
  await expect(sent(server, { host, ledger })).rejects.toThrow("451 Try again later");
  expect(server.tree.read("/up/a")).toHaveLength(120_000);
  isRefused = false;
  expect(await sent(server, { host, ledger })).toMatchObject({ resumedFrom: 0, bytes: CONTENT.length });
  expect(server.tree.read("/up/a")?.equals(CONTENT)).toBe(true);
});

test("a server that takes only names of its own form gets the file under its final name", async () => {
  const store = (name: string) => (/^[A-Z0-9]{1,8}$/.test(name) ? name : undefined);
  const words = { badName: '501 Invalid data set name "%s". Use MVS Dsname conventions.' };
  await using server = await started({ ...usual, names: { store }, words });
  server.tree.plant("/UP/OLD", Buffer.from("old"), 1_000);
  await expect(sent(server, { to: "UP/OLD", policy: { inPlace: "never" } })).rejects.toThrow(
    /takes no temporary names, and inPlace: never forbids/,
  );
  const moved = await sent(server, { to: "UP/OLD" });
  expect(moved).toMatchObject({ inPlace: true });
  expect(moved.because).toContain(
    "because the server takes no temporary names (zoo: STOR of a temporary name: 501",
  );
  expect(server.tree.read("/UP/OLD")?.equals(CONTENT)).toBe(true);
  // A name that is refused for itself stays refused, and what it is refused for is told.
  await expect(sent(server, { to: "UP/too-long-a-name" })).rejects.toThrow("501 Invalid data set name");
});

test("what storage shows some time after it has confirmed it is waited for", async () => {
  await using server = await started(cdn);
  expect(await sent(server)).toMatchObject({ inPlace: true, bytes: CONTENT.length });
  expect(server.tree.read("/up/a")?.equals(CONTENT)).toBe(true);
});
