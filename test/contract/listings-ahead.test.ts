import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../../src/ftp/session/client.ts";
import { listDirectory } from "../../src/ftp/session/directory.ts";
import type { HostSettings } from "../../src/ftp/settings.ts";
import { ControlProxy } from "../bench/proxy.ts";
import { countTurns } from "../bench/transcript.ts";
import { FAMILIES, type Family, startServers } from "../servers/index.ts";
import { until } from "../support/until.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;
/** Enough that the replies to one write arrive together, on a slow machine too. */
const ROUND_TRIP_MS = 40;
/** More than fits into the buffers of a data connection, so that a server still sends when the next command is there. */
const MANY = 4_000;

let started: Awaited<ReturnType<typeof startServers>>;

beforeAll(async () => {
  started = await startServers(FAMILIES.map((family) => ({ family, tls: "explicit" as const })));
  for (const { root } of started.servers) {
    for (let directory = 0; directory < 12; directory += 1) {
      await mkdir(join(root, `d${directory}`));
      for (let file = 0; file <= directory; file += 1)
        await writeFile(join(root, `d${directory}`, `f${file}`), "");
    }
    await mkdir(join(root, "large"));
    await Promise.all(
      Array.from({ length: MANY }, (_, file) =>
        writeFile(join(root, "large", `file of a long name ${file}`), ""),
      ),
    );
  }
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

function serverOf(family: Family) {
  const found = started.servers.find((server) => server.family === family);
  if (found === undefined) throw new Error(`no ${family}`);
  return found;
}

async function countIn(client: Client, directory: string): Promise<number> {
  let found = 0;
  for await (const _ of listDirectory(client, directory, Date.now(), signal)) found += 1;
  return found;
}

/** How often a reply was waited for while so many directories were listed over one connection. */
async function turnsFor(family: Family, directories: number): Promise<number> {
  const server = serverOf(family);
  await using proxy = new ControlProxy(ROUND_TRIP_MS);
  const { user, password } = server;
  const settings = settingsFor(family, { ...(await proxy.before(server)), user, password });
  const client = await Client.connect(settings, undefined, signal);
  for (let directory = 0; directory < directories; directory += 1)
    expect(await countIn(client, `d${directory}`)).toBe(directory + 1);
  await client.close();
  return countTurns(proxy.take());
}

describe.each([
  { family: "vsftpd", turns: 1 },
  { family: "proftpd", turns: 1 },
  { family: "pure-ftpd", turns: 1 },
  { family: "pyftpdlib", turns: 3 },
] as const)("$family", ({ family, turns }) => {
  test(`a further directory of those that are listed one after the other costs at most ${turns} turns`, async () => {
    const [few, many] = [await turnsFor(family, 4), await turnsFor(family, 12)];
    expect((many - few) / 8).toBeLessThanOrEqual(turns);
  });

  test.each(["off", "required"] as const)(
    "a directory is whole although the next one is asked for while it is sent (tls: %s)",
    async (policy) => {
      const tls: HostSettings["tls"] = { policy, start: "explicit", verify: false };
      const client = await Client.connect(settingsFor(family, serverOf(family), { tls }), undefined, signal);
      for (const [directory, count] of [
        ["d1", 2],
        ["large", MANY],
        ["d3", 4],
        ["large", MANY],
        ["large", MANY],
        ["d0", 1],
      ] as const)
        expect([directory, await countIn(client, directory)]).toEqual([directory, count]);
      await expect(countIn(client, "not there")).rejects.toThrow(/CWD .*not there: 550/);
      expect(await countIn(client, "d5")).toBe(6);
      // What is listed instead of a directory that is not there is left behind nowhere.
      expect(await countIn(client, "large")).toBe(MANY);
      await expect(countIn(client, "not there")).rejects.toThrow(/CWD .*not there: 550/);
      expect(await countIn(client, "d4")).toBe(5);
      expect(client.isUsable).toBe(true);
      await client.close();
    },
  );

  test("a listing that is given up leaves nothing behind that ends the next one", async () => {
    const client = await Client.connect(settingsFor(family, serverOf(family)), undefined, signal);
    expect(await countIn(client, "d1")).toBe(2);
    expect(await countIn(client, "d2")).toBe(3);
    const given = new AbortController();
    const listing = listDirectory(client, "large", Date.now(), given.signal);
    await listing.next();
    given.abort(new Error("nobody wants it any more"));
    const rest = async () => {
      for await (const _ of listing) continue;
    };
    await expect(rest()).rejects.toThrow("nobody wants it any more");
    // What Pure-FTPd has not sent of a listing it sends before the next one: its connection is given up.
    if (family === "pure-ftpd") return expect(client.isUsable).toBe(false);
    await until(
      () => client.isReady,
      () => "the connection is in order again",
    );
    expect(await countIn(client, "d3")).toBe(4);
    await client.close();
  });
});
