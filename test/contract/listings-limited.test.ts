import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../../src/ftp/session/client.ts";
import { listDirectory } from "../../src/ftp/session/directory.ts";
import { UnreadableLinesError } from "../../src/ftp/listing/errors.ts";
import { type RunningServer, startServer } from "../servers/index.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ family: "pure-ftpd", settings: ["-L", "5:20"] });
  for (const [directory, count] of [
    ["many", 9],
    ["run", 9],
    ["cat", 9],
    ["truncated to", 9],
    ["few", 1],
    ["truncated", 2],
  ] as const) {
    await mkdir(join(server.root, directory));
    for (let at = 0; at < count; at += 1) await writeFile(join(server.root, directory, `file-${at}`), "x");
  }
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** How many names came, and with what error. */
async function list(directory: string, byLines: boolean) {
  const client = await Client.connect(settingsFor("pure", server), undefined, signal);
  let [count, error]: [number, unknown] = [0, undefined];
  try {
    for await (const _ of listDirectory(client, directory, Date.now(), signal, false, undefined, byLines))
      count += 1;
  } catch (thrown) {
    error = thrown;
  }
  await client.close();
  return { count, error };
}

test.each([
  ["many", "MLSD", false],
  ["many", "LIST", true],
  // These names are a part of what it says.
  ["run", "MLSD", false],
  ["cat", "MLSD", false],
  ["truncated to", "MLSD", false],
])(
  "promise 4, a directory of which Pure-FTPd lists only the first entries is not known: %s by %s",
  async (directory, _, byLines) => {
    const { count, error } = await list(directory, byLines);
    expect(count).toBeLessThan(9);
    expect(error).toBeInstanceOf(UnreadableLinesError);
    expect(String(error)).toMatch(
      /pure: [\w ]+: the server has not listed everything in it: 226 .*truncated to 5 matches; raise .*\(-L\)$/,
    );
  },
);

test.each(["few", "truncated"])("a directory that is listed in full is known: %s", async (directory) => {
  expect(await list(directory, false)).toEqual({ count: directory === "few" ? 1 : 2, error: undefined });
});
