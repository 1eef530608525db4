import { describe, expect, test } from "vitest";
import { Client } from "../../../src/ftp/session/client.ts";
import { listDirectory } from "../../../src/ftp/session/directory.ts";
import { makeDirectories } from "../../../src/ftp/session/make-directories.ts";
import { fetchFacts } from "../../../src/ftp/session/names/facts.ts";
import { ConnectionError, ReplyError } from "../../../src/ftp/errors.ts";
import type { ListingEntry } from "../../../src/ftp/listing/entry.ts";
import { moveOne } from "../../support/pair.ts";
import { settingsFor } from "../../support/settings.ts";
import { type TreeServer, treeServer } from "../../support/tree-server.ts";
import { LOOKING } from "../../support/tree-server-faults.ts";
import type { Tree } from "../../support/tree-server-tree.ts";

const signal = new AbortController().signal;
const NOW_MS = Date.now();
const MODIFIED_MS = Date.UTC(2024, 4, 6, 7, 8, 9);

const file = (name: string) => ({ name, kind: "file", sizeBytes: 7, modifiedMs: MODIFIED_MS }) as const;

/** `/`, with `a` … `e` and the directory `sub`, which has one file. */
const SMALL: Tree = (directory) => {
  if (directory === "/") return [...[..."abcde"].map(file), { name: "sub", kind: "directory" }];
  return directory === "/sub" ? [file("na\u00efve -> \udcff x")] : undefined;
};

async function connect(server: TreeServer): Promise<Client> {
  return Client.connect(settingsFor("tree", server), undefined, signal);
}

async function list(client: Client, directory: string): Promise<readonly ListingEntry[]> {
  const entries: ListingEntry[] = [];
  for await (const entry of listDirectory(client, directory, NOW_MS, signal)) entries.push(entry);
  return entries;
}

const names = async (client: Client, directory = "/") =>
  (await list(client, directory)).map(({ name }) => name);

describe("a tree server", () => {
  test.each(["facts", "lines"] as const)("lists its tree by %s", async (form) => {
    await using server = await treeServer({ tree: SMALL, form });
    await using client = await connect(server);
    const entries = await list(client, "/");
    expect(entries.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      ...[..."abcde"].map((name) => `file ${name}`),
      "directory sub",
    ]);
    expect(entries[0]).toMatchObject({ sizeBytes: 7 });
    const day = 86_400_000;
    const exact = form === "facts" ? MODIFIED_MS : Math.floor(MODIFIED_MS / day) * day;
    expect(entries[0]?.modified).toMatchObject({ atMs: exact });
    // A link is one only in a line that begins with `l`.
    expect(await names(client, "/sub")).toEqual(["na\u00efve -> \udcff x"]);
    expect(await fetchFacts(client, "/a", Date.now(), signal)).toMatchObject({
      kind: "file",
      sizeBytes: 7,
      modified: { atMs: MODIFIED_MS },
    });
    expect(await fetchFacts(client, "/sub", Date.now(), signal)).toMatchObject({ kind: "directory" });
    expect(await fetchFacts(client, "/none", Date.now(), signal)).toBeUndefined();
  });

  test("lists by lines in its own zone, and tells of a file in UTC", async () => {
    const nowMs = Math.floor(Date.now() / 60_000) * 60_000;
    const tree: Tree = (directory) => (directory === "/" ? [{ ...file("a"), modifiedMs: nowMs }] : undefined);
    await using server = await treeServer({ tree, form: "lines", zoneMs: -7_200_000 });
    await using client = await connect(server);
    const [listed] = await list(client, "/");
    expect(listed?.modified).toEqual({ atMs: nowMs - 7_200_000, precision: "minute", zone: "unknown" });
    expect(await fetchFacts(client, "/a", Date.now(), signal)).toMatchObject({
      modified: { atMs: nowMs, zone: "utc" },
    });
  });

  test("lists a tree that nobody has, on several connections at once", async () => {
    const tree: Tree = (directory) => {
      const [kind, length] = directory === "/" ? (["directory", 100] as const) : (["file", 500] as const);
      return Array.from({ length }, (_, index) => ({ name: `n${index}`, kind }));
    };
    await using server = await treeServer({ tree });
    const count = async (of: number) => {
      await using client = await connect(server);
      let found = 0;
      for (let index = of; index < 100; index += 4) {
        for await (const _ of listDirectory(client, `/n${index}`, NOW_MS, signal)) found += 1;
      }
      return found;
    };
    const counted = await Promise.all([0, 1, 2, 3].map(count));
    expect(counted).toEqual([12_500, 12_500, 12_500, 12_500]);
    expect(server.count("MLSD")).toBe(100);
  });

  test("answers commands that were written ahead of replies in their order", async () => {
    await using server = await treeServer({ tree: SMALL, greeting: "220 ProFTPD Server" });
    await using client = await connect(server);
    const wanted = ["PASV", "EPSV", "PWD", "SIZE a", "NOOP", "SIZE none"];
    const replies = wanted.map((line) => {
      const [verb = "", argument] = line.split(" ");
      return client.session.control.send(argument === undefined ? { verb } : { verb, argument }).final;
    });
    expect((await Promise.all(replies)).map(({ code }) => code)).toEqual([227, 229, 257, 213, 200, 550]);
  });

  test.each(["third party", "relay"])("sends and stores octets, %s, and keeps times", async (way) => {
    await using source = await treeServer({ tree: SMALL });
    await using target = await treeServer();
    const moved = await moveOne({
      ...{ source, target, from: "/a", to: "/copy" },
      policy: { fxp: way === "relay" ? "never" : "only", preserveTimes: true },
    });
    expect(moved).toMatchObject({ bytes: 7 });
    expect(target.tree.read("/copy")).toEqual(source.tree.read("/a"));
    expect(target.tree.find("/copy")).toMatchObject({ sizeBytes: 7, modifiedMs: MODIFIED_MS });
    expect(source.octets).toEqual({ sent: 7, received: 0 });
    expect(target.octets).toEqual({ sent: 0, received: 7 });
  });

  test("makes, renames and removes, and refuses what cannot be", async () => {
    await using server = await treeServer({ tree: SMALL });
    await using client = await connect(server);
    const say = async (verb: string, argument: string) =>
      (await client.session.control.send({ verb, argument }).final).code;
    await makeDirectories(client, "/new/er", 0, signal);
    expect(await say("MKD", "/new")).toBe(550);
    expect(await say("RMD", "/new")).toBe(550);
    expect([await say("RNFR", "/sub"), await say("RNTO", "/new/er/sub")]).toEqual([350, 250]);
    expect(await names(client, "/new/er/sub")).toHaveLength(1);
    expect(await say("CWD", "/sub")).toBe(550);
    const before = server.tree.read("/a");
    expect([await say("RNFR", "/a"), await say("RNTO", "/b")]).toEqual([350, 250]);
    expect(server.tree.read("/b")).toEqual(before);
    expect([await say("DELE", "/b"), await say("DELE", "/b"), await say("DELE", "/new")]).toEqual([
      250, 550, 550,
    ]);
    expect(await names(client)).toEqual(["c", "d", "e", "new"]);
    expect(server.count("DELE", "RNTO")).toBe(5);
  });
});

describe("its faults", () => {
  test("a listing cut to its first names is said to be whole; once, or until it is switched off", async () => {
    await using server = await treeServer({ tree: SMALL });
    await using client = await connect(server);
    server.fault({ kind: "cut", at: "/", keep: 2, times: 1 });
    expect(await names(client)).toEqual(["a", "b"]);
    expect(await names(client)).toHaveLength(6);
    const mend = server.fault({ kind: "cut", at: "/", keep: 0 });
    expect(await names(client)).toEqual([]);
    expect(await names(client, "/sub")).toHaveLength(1);
    expect(await names(client)).toEqual([]);
    mend();
    expect(await names(client)).toHaveLength(6);
  });

  test("a listing that breaks off is no listing", async () => {
    await using server = await treeServer({ tree: SMALL });
    await using client = await connect(server);
    server.fault({ kind: "broken", keep: 2, times: 1 });
    await expect(names(client)).rejects.toThrow("426 connection lost");
  });

  test.each(["MLSD", "CWD"])(
    "%s refused in one directory, and in those below where that is meant",
    async (verb) => {
      await using server = await treeServer({ tree: SMALL });
      await using client = await connect(server);
      const mend = server.fault({ kind: "refusal", verbs: [verb], at: "/sub", reply: "450 not now" });
      await expect(names(client, "/sub")).rejects.toThrow("450 not now");
      expect(await names(client)).toHaveLength(6);
      mend();
      server.fault({ kind: "refusal", verbs: LOOKING, at: "/", below: true, reply: "550 gone" });
      await expect(names(client, "/sub")).rejects.toThrow(ReplyError);
      expect(await fetchFacts(client, "/a", Date.now(), signal)).toBeUndefined();
    },
  );

  test("a full disk takes some octets, then says 452", async () => {
    await using source = await treeServer({ tree: SMALL });
    await using target = await treeServer();
    target.fault({ kind: "full", octets: 3 });
    await expect(moveOne({ source, target, from: "/a", to: "/copy" })).rejects.toThrow("452 no room");
    expect(target.tree.find("/copy")).toBeUndefined();
  });

  test("a server that left is refused, and found again when it came back", async () => {
    await using server = await treeServer({ tree: SMALL });
    await server.leave();
    await expect(connect(server)).rejects.toThrow(ConnectionError);
    await server.comeBack();
    await using client = await connect(server);
    expect(await names(client)).toHaveLength(6);
  });
});
