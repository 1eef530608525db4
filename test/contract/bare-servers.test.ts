import { expect, test } from "vitest";
import { Client } from "../../src/ftp/session/client.ts";
import { probe } from "../../src/ftp/probe/probe.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import type { Diagnosis } from "../../src/transfer/move/third-party/diagnose/diagnose.ts";
import { examine } from "../../src/wiring/examination.ts";
import { ZOO } from "../servers/zoo/index.ts";
import type { ZooKind } from "../servers/zoo/kind.ts";
import { unixStyle } from "../servers/zoo/listing.ts";
import { type ZooServer, zooServer } from "../servers/zoo/server.ts";
import { settingsFor } from "../support/settings.ts";

// Servers that answer few questions, or late, or badly: what `probe` and `doctor` say of them is what a copy does.

/** Stores and sends files, and refuses every other command that may be refused. */
const BARE: ZooKind = {
  name: "RETR and STOR, and nothing else",
  greeting: ["220 ready"],
  lacks:
    "SYST PWD CWD CDUP MKD RMD DELE RNFR RNTO SIZE MDTM REST APPE LIST NLST MLSD MLST STAT NOOP EPSV EPRT".split(
      " ",
    ),
  list: unixStyle(),
};

const kindNamed = (part: string) =>
  ZOO.find(({ name }) => name.includes(part)) ?? expect.fail(`no kind ${part}`);

const signal = () => AbortSignal.timeout(60_000);

function probed(server: ZooServer, directory: string) {
  const settings = settingsFor("zoo", server);
  return probe(
    (transcript, within) => Client.connect(settings, transcript, within),
    directory,
    () => Date.now(),
    "c0ffee",
    signal(),
  );
}

test("a directory that cannot be entered is tried out by full names, where a listing shows it", async () => {
  await using server = await zooServer(kindNamed("no CWD"));
  server.tree.makeDirectory("/up");
  const { directory, files, listings, names, left } = await probed(server, "up");
  expect(directory).toMatchObject({
    works: false,
    because: expect.stringContaining("full names") as unknown,
  });
  expect({
    store: files.store.works,
    list: listings.list.works,
    names: names.beyondAscii.works,
    left,
  }).toEqual({
    ...{ store: true, list: true, names: true, left: [] },
  });
  expect([...server.tree.files().keys()]).toEqual([]);
});

test("a directory that is nowhere is not tried out", async () => {
  await using server = await zooServer(kindNamed("no CWD"));
  const { directory, files } = await probed(server, "nowhere");
  expect([directory.works, files.store.works]).toEqual([false, "not tried"]);
});

test("what a server confirms late, or with 426 after the last byte, it can do", async () => {
  for (const part of ["CDN", "426"]) {
    await using server = await zooServer(kindNamed(part));
    const { files, left } = await probed(server, "");
    expect([part, files.store.works, left]).toEqual([part, true, []]);
  }
});

async function diagnosed(kinds: readonly [ZooKind, ZooKind]) {
  await using one = await zooServer(kinds[0]);
  await using two = await zooServer(kinds[1]);
  const found: Diagnosis[] = [];
  const url = ({ address, port, user, password }: ZooServer) =>
    `ftp://${user}:${password}@${address}:${port}/`;
  const order = {
    ...{ source: url(one), target: url(two), memory: shortMemory(), clock: systemClock },
    context: {
      directories: { config: "/nowhere", jobs: "/nowhere" },
      overrides: { tls: "off" as const },
      deps: { clock: systemClock },
    },
  };
  const { verdict } = await examine(
    order,
    { begin: () => {}, method: (one) => void found.push(one) },
    signal(),
  );
  return { verdict, found, left: [...one.tree.files().keys(), ...two.tree.files().keys()] };
}

test("doctor reads back what servers that answer no question have stored", async () => {
  const { verdict } = await diagnosed([BARE, BARE]);
  expect(verdict.works).toEqual(expect.arrayContaining(["source-pasv", "target-pasv"]));
  // DELE is refused, and what is left is named.
  expect(verdict.left.length).toBeGreaterThan(0);
});

test("doctor does not call a method working whose file cannot be read back, or is cut", async () => {
  const deaf: ZooKind = { ...BARE, habits: { RETR: "550 No." } };
  const { verdict, found } = await diagnosed([BARE, deaf]);
  expect(verdict.works).toEqual([]);
  expect(found[0]).toMatchObject({ because: expect.stringMatching(/cannot be read back/) as unknown });
});

test.each(["CDN", "426"])("doctor finds the methods that a copy uses: %s", async (part) => {
  const plain: ZooKind = { name: "plain", greeting: ["220 ready"], list: unixStyle() };
  const there = await diagnosed([kindNamed(part), plain]);
  const back = await diagnosed([plain, kindNamed(part)]);
  for (const { verdict, left } of [there, back]) {
    expect(verdict.works[0]).toBe("source-pasv");
    expect(left).toEqual([]);
  }
});
