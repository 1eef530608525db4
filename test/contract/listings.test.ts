import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Capability } from "../../src/ftp/session/capabilities.ts";
import { Client } from "../../src/ftp/session/client.ts";
import { listDirectory } from "../../src/ftp/session/directory.ts";
import type { ListingEntry } from "../../src/ftp/listing/entry.ts";
import type { HostSettings } from "../../src/ftp/settings.ts";
import { FAMILIES, startServers } from "../servers/index.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;
const NAMES = ["plain", " leading", ".hidden", "-rf", "a -> b", "*", "naïve 名前", 'quo"te'];

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers(FAMILIES.map((family) => ({ family })));
  for (const { root } of started.servers) {
    await mkdir(join(root, "[odd] dir*/empty"), { recursive: true });
    for (const name of NAMES) await writeFile(join(root, "[odd] dir*", name), name);
    await symlink("plain", join(root, "[odd] dir*/link"));
    await mkdir(join(root, "shut"));
    await writeFile(join(root, "shut/file"), "nobody sees it");
    await chmod(join(root, "shut"), 0o311);
  }
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

async function list(
  index: number,
  directory: string,
  refused: readonly Capability[],
  more: Partial<HostSettings> = {},
) {
  const server = started.servers[index];
  if (server === undefined) throw new Error("no server");
  const client = await Client.connect(settingsFor(server.family, server, more), undefined, signal);
  for (const way of refused) client.capabilities.fails(way, "not in this test");
  const entries: ListingEntry[] = [];
  for await (const entry of listDirectory(client, directory, Date.now(), signal)) entries.push(entry);
  await client.close();
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const WAYS = {
  "as it offers": [],
  "by LIST": ["MLSD"],
  "by STAT, without a data connection": ["MLSD", "LIST -a", "LIST"],
} as const;

describe.each(FAMILIES.map((family, index) => ({ family, index })))("$family", ({ family, index }) => {
  test.each(Object.entries(WAYS))("lists every name, size and kind %s", async (_, refused) => {
    const entries = await list(index, "[odd] dir*", refused);
    const files = entries.filter(({ name }) => NAMES.includes(name));
    expect(files.map(({ name, kind, sizeBytes }) => [name, kind, sizeBytes])).toEqual(
      [...NAMES].sort().map((name) => [name, "file", Buffer.byteLength(name)]),
    );
    expect(entries.find(({ name }) => name === "empty")?.kind).toBe("directory");
    // pyftpdlib shows in MLSD what a link leads to, not that it is one.
    const isResolved = family === "pyftpdlib" && refused.length === 0;
    expect(entries.find(({ name }) => name === "link")?.kind).toBe(isResolved ? "file" : "link");
    for (const { modified } of entries)
      expect(Math.abs((modified?.atMs ?? 0) - Date.now())).toBeLessThan(86_400_000);
    expect(entries).toHaveLength(NAMES.length + 2);
  });

  test("an empty directory is empty, and one that is not there is an error", async () => {
    expect(await list(index, "[odd] dir*/empty", [])).toEqual([]);
    await expect(list(index, "not there", [])).rejects.toThrow(/CWD .*not there: 550/);
  });

  test.each(Object.entries(WAYS))(
    "promise 4, a directory that may be entered and not read is an error and not empty, %s",
    async (_, refused) => {
      await expect(list(index, "shut", refused)).rejects.toThrow(
        /Permission denied|Can't check for file|cannot be read/,
      );
    },
  );

  test("promise 4, one after the other over one connection each is listed as it is, whatever the one before was", async () => {
    const server = started.servers[index];
    if (server === undefined) throw new Error("no server");
    const client = await Client.connect(settingsFor(family, server), undefined, signal);
    const names = async (directory: string) => {
      const found: string[] = [];
      for await (const { name } of listDirectory(client, directory, Date.now(), signal)) found.push(name);
      return found.length;
    };
    for (let round = 0; round < 3; round += 1) {
      expect(await names("[odd] dir*")).toBe(NAMES.length + 2);
      expect(await names("[odd] dir*/empty")).toBe(0);
      await expect(names("not there")).rejects.toThrow(/CWD .*not there: 550/);
      await expect(names("shut")).rejects.toThrow(/Permission denied|Can't check for file|cannot be read/);
    }
    expect(client.isUsable).toBe(true);
    await client.close();
  });

  test("lists over an active data connection too", async () => {
    expect(await list(index, "[odd] dir*", [], { dataOpening: "active" })).toHaveLength(NAMES.length + 2);
  });
});
