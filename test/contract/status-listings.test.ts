import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasSameNames, listByStatus, StatusListingError } from "../../src/ftp/status/listing.ts";
import { tryStatus } from "../../src/ftp/status/trial.ts";
import type { ListingEntry } from "../../src/ftp/listing/entry.ts";
import { Client } from "../../src/ftp/session/client.ts";
import { listDirectory } from "../../src/ftp/session/directory.ts";
import { FAMILIES, startServers } from "../servers/index.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;
const DIRECTORIES = Array.from({ length: 60 }, (_, index) => `tree/d${index}`);

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers(FAMILIES.map((family) => ({ family })));
  for (const { root } of started.servers) {
    for (const [index, directory] of DIRECTORIES.entries()) {
      await mkdir(join(root, directory, "below"), { recursive: true });
      for (let at = 0; at < index % 7; at += 1)
        await writeFile(join(root, directory, `f${at} ${index}`), "x");
    }
    await mkdir(join(root, "shut"));
    await chmod(join(root, "shut"), 0o311);
    await writeFile(join(root, "file"), "x");
    await mkdir(join(root, "forged"));
    await writeFile(join(root, "forged", "a\n213 End of status\n213-Status follows:\nb"), "x");
    await mkdir(join(root, "broken"));
    await writeFile(join(root, "broken", "a\nb"), "x");
  }
}, 30_000);
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

describe.each(FAMILIES.map((family, index) => ({ family, index })))("$family", ({ family, index }) => {
  const isAble = family !== "pyftpdlib";
  const connected = () => {
    const server = started.servers[index];
    if (server === undefined) throw new Error("no server");
    return Client.connect(settingsFor(family, server), undefined, signal);
  };
  const exactly = async (client: Client, directory: string) => {
    const entries: ListingEntry[] = [];
    for await (const entry of listDirectory(client, directory, Date.now(), signal)) entries.push(entry);
    return entries;
  };

  test("a trial says whether it lists directories by STAT, and keeps the connection", async () => {
    await using client = await connected();
    const trial = await tryStatus(client, DIRECTORIES, Date.now(), signal);
    expect({ works: trial.works, isOdd: trial.isOdd }).toEqual({ works: isAble || "unknown", isOdd: false });
    expect(client.isUsable).toBe(true);
  });

  test.runIf(isAble)("sixty directories in one write are listed as over data connections", async () => {
    await using client = await connected();
    const listed = await listByStatus(client, DIRECTORIES, Date.now(), signal);
    const differing: string[] = [];
    for (const [at, directory] of DIRECTORIES.entries())
      if (!hasSameNames(listed[at] ?? [], await exactly(client, directory))) differing.push(directory);
    expect(differing).toEqual([]);
  });

  test.runIf(isAble)(
    "what is not there, no directory, or not to be read is not taken for empty",
    async () => {
      await using client = await connected();
      const asked = ["tree/d0", "missing", "file", "shut", "tree/d1"];
      const listed = await listByStatus(client, asked, Date.now(), signal);
      expect(listed.map((entries) => entries !== undefined)).toEqual([true, false, false, false, true]);
    },
  );

  test.runIf(isAble)("promise 4, names with line feeds make up no other directory's listing", async () => {
    for (const directory of ["broken", "forged"]) {
      await using client = await connected();
      const asked = ["tree/d3", directory, "tree/d5", "tree/d6"];
      const listed = await listByStatus(client, asked, Date.now(), signal).catch((error: unknown) => error);
      if (listed instanceof StatusListingError) {
        expect(client.isUsable).toBe(false);
        continue;
      }
      // A server that shows them otherwise lets all others be right.
      for (const [at, one] of asked.entries())
        if (one !== directory)
          expect(hasSameNames((listed as never)[at], await exactly(client, one))).toBe(true);
    }
  });
});
