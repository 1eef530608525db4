import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServers } from "../servers/index.ts";
import { HOST_KEYS, startStranger, STRANGERS, type Stranger } from "../servers/strangers/index.ts";
import { OPERATIONS } from "../support/zoo/operations.ts";
import { strangerScene } from "../support/zoo/scene.ts";
import { compared, type Visited, visited } from "../support/zoo/table.ts";

/** No operation may take so long; time-outs are of 3 s. */
const LIMIT_MS = 40_000;

const only = process.env["FXPD_ZOO"];
const names = STRANGERS.filter((name) => only === undefined || name.includes(only));

let servers: Awaited<ReturnType<typeof startServers>>;
const results = new Map<Stranger, Promise<Visited>>();

beforeAll(async () => {
  servers = await startServers([{ family: "vsftpd" }, { family: "proftpd" }]);
  for (const name of names) {
    const result = visit(name);
    result.catch(() => {});
    results.set(name, result);
  }
});

afterAll(async () => {
  await Promise.allSettled(results.values());
  await servers[Symbol.asyncDispose]();
});

async function visit(name: Stranger): Promise<Visited> {
  const [v, p] = servers.servers;
  if (v === undefined || p === undefined) throw new Error("two known servers");
  await using scene = await strangerScene(await startStranger(name), HOST_KEYS[name] ?? "", { v, p });
  return await visited(name, scene, LIMIT_MS);
}

describe("a real server that fxpd was not written against is served, or refused in words", () => {
  test.each(names)("%s", { timeout: 600_000 }, async (name) => {
    const { cells, wrong } = (await results.get(name)) ?? expect.fail(name);
    expect(wrong).toEqual([]);
    expect([...cells.keys()]).toEqual(Object.keys(OPERATIONS));
  });
});

test.skipIf(only !== undefined)("the table of strangers in the documentation is what happened", async () => {
  const tables = await Promise.all(
    names.map(async (name) => [name, ((await results.get(name)) ?? expect.fail(name)).cells] as const),
  );
  const file = new URL("strangers.md", import.meta.url);
  const { happened, documented } = await compared(file, INTRODUCTION, tables);
  expect(happened).toEqual(documented);
});

const INTRODUCTION = `# Real servers that fxpd was not written against

Written by \`strangers.test.ts\` (with FXPD_ZOO_MD=1; otherwise compared), which carries every operation of the zoo out on real
servers of Debian and npm, with a vsftpd and a ProFTPD on the other side, and looks on their disks whether each file is complete,
in its place, and said to be there only if it is. A cell says what works, or in which words it is refused; \`zoo\` is this
server, \`v\` and \`p\` are the other two.
`;
