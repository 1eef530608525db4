import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificate } from "../servers/certificates.ts";
import { startServers } from "../servers/index.ts";
import { ZOO } from "../servers/zoo/index.ts";
import type { ZooKind } from "../servers/zoo/kind.ts";
import type { Identity } from "../servers/zoo/server.ts";
import { OPERATIONS } from "../support/zoo/operations.ts";
import { zooScene } from "../support/zoo/scene.ts";
import { compared, type Visited, visited } from "../support/zoo/table.ts";

/** Kinds at work at once: they wait more than they work. */
const AT_ONCE = 8;
/** No operation may take so long, with one server that falls silent and time-outs of 3 s. */
const LIMIT_MS = 40_000;

const only = process.env["FXPD_ZOO"];
const kinds = ZOO.filter(({ name }) => only === undefined || name.includes(only));

let servers: Awaited<ReturnType<typeof startServers>>;
let identity: Identity;
const results = new Map<ZooKind, Promise<Visited>>();

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), "fxpd-zoo-ca-"));
  const [started, { certificate, key }] = await Promise.all([
    startServers([{ family: "vsftpd" }, { family: "proftpd" }]),
    makeCertificate(directory, "127.0.0.1", "good"),
  ]);
  servers = started;
  identity = { cert: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
  await rm(directory, { recursive: true });
  const waiting: (() => void)[] = [];
  let free = AT_ONCE;
  // Those that fall silent take longest.
  const order = [...kinds].sort((one, other) => slowness(other) - slowness(one));
  for (const [index, kind] of order.entries()) {
    const turn =
      free > 0 ? Promise.resolve((free -= 1)) : new Promise<void>((resolve) => waiting.push(resolve));
    const result = turn.then(() => visit(kind, index));
    result.finally(() => waiting.shift()?.()).catch(() => {});
    results.set(kind, result);
  }
});

const slowness = ({ name }: ZooKind) => (name.includes("never answers") ? 1 : 0);

afterAll(async () => {
  await Promise.allSettled(results.values());
  await servers[Symbol.asyncDispose]();
});

async function visit(kind: ZooKind, index: number): Promise<Visited> {
  const [v, p] = servers.servers;
  if (v === undefined || p === undefined) throw new Error("two real servers");
  await using scene = await zooScene(kind, { v, p }, identity, index);
  return await visited(kind.name, scene, LIMIT_MS);
}

describe("a server that nobody here has seen is served, or refused in words", () => {
  test.each(kinds)("$name", { timeout: 600_000 }, async (kind) => {
    const { cells, wrong } = (await results.get(kind)) ?? expect.fail(kind.name);
    expect(wrong).toEqual([]);
    expect([...cells.keys()]).toEqual(Object.keys(OPERATIONS));
  });
});

test.skipIf(only !== undefined)("the table of the zoo in the documentation is what happened", async () => {
  const tables = await Promise.all(
    kinds.map(
      async (kind) => [kind.name, ((await results.get(kind)) ?? expect.fail(kind.name)).cells] as const,
    ),
  );
  const { happened, documented } = await compared(new URL("zoo.md", import.meta.url), INTRODUCTION, tables);
  expect(happened).toEqual(documented);
});

const INTRODUCTION = `# Servers that nobody here has seen

Written by \`zoo.test.ts\` (with FXPD_ZOO_MD=1; otherwise compared), which carries every operation out on a scripted server of
each kind in \`test/servers/zoo\`, with a real vsftpd and a real ProFTPD on the other side, and looks for itself whether each file
is whole, in its place, and said to be there only if it is. A cell says what works, or in which words it is refused; \`zoo\`, \`v\`
and \`p\` are the hosts. \`target-pasv\` and the like are third-party methods, \`relay\` is through this machine.
`;
