import { readFile, writeFile } from "node:fs/promises";
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
import { type Scene, zooScene } from "../support/zoo/scene.ts";

/** Kinds at work at once: they wait more than they work. */
const AT_ONCE = 8;
/** No operation may take so long, with one server that falls silent and time-outs of 3 s. */
const LIMIT_MS = 40_000;

const only = process.env["FXPD_ZOO"];
const kinds = ZOO.filter(({ name }) => only === undefined || name.includes(only));

let servers: Awaited<ReturnType<typeof startServers>>;
let identity: Identity;
const results = new Map<ZooKind, Promise<ReadonlyMap<string, string>>>();

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

/** Every operation on one server; a violation is kept for the test of that kind. */
async function visit(kind: ZooKind, index: number): Promise<ReadonlyMap<string, string>> {
  const [v, p] = servers.servers;
  if (v === undefined || p === undefined) throw new Error("two real servers");
  await using scene = await zooScene(kind, { v, p }, identity, index);
  const cells = new Map<string, string>();
  const wrong: string[] = [];
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    scene.said.length = 0;
    const began = Date.now();
    const limit = AbortSignal.timeout(LIMIT_MS);
    const hung = new Promise<never>((_, reject) =>
      limit.addEventListener("abort", () => setTimeout(reject, 2_000, new Error("hangs")).unref()),
    );
    try {
      cells.set(name, plain(await Promise.race([operation(scene, limit), hung]), scene));
      if (limit.aborted) wrong.push(`${name}: took longer than ${LIMIT_MS} ms`);
    } catch (error) {
      wrong.push(`${name}: ${(error as Error).message}\n${scene.said.slice(-40).join("\n")}`);
      cells.set(name, `VIOLATION ${plain((error as Error).message, scene)}`);
    }
    if (process.env["FXPD_ZOO_LOG"] === "all")
      process.stderr.write(`${kind.name}: ${name}\n${scene.said.join("\n")}\n`);
    if (process.env["FXPD_ZOO_LOG"] === "time" && Date.now() - began > 3_000)
      process.stderr.write(`${kind.name}: ${name}: ${Date.now() - began} ms: ${cells.get(name)}\n`);
  }
  faults.set(kind, wrong);
  return cells;
}

const faults = new Map<ZooKind, readonly string[]>();

/** Without what differs from run to run. */
function plain(text: string, { zoo, real, local, name }: Scene): string {
  return [zoo, real.v, real.p]
    .reduce((rest, { address }) => rest.replaceAll(address, "ADDRESS"), text)
    .replaceAll(local, "")
    .replaceAll(`${name}/`, "")
    .replaceAll(/ADDRESS:\d+|ADDRESS,? port \d+/g, "ADDRESS:PORT")
    .replaceAll(/\.fxpd-[\w-]+(\.\w+)*/g, ".fxpd-…")
    .replaceAll(/\b127,\d+,\d+,\d+,\d+,\d+/g, "HOST-PORT")
    .replaceAll(/\s+/g, " ");
}

describe("a server that nobody here has seen is served, or refused in words", () => {
  test.each(kinds)("$name", { timeout: 600_000 }, async (kind) => {
    const cells = await results.get(kind);
    expect(faults.get(kind)).toEqual([]);
    expect([...(cells ?? new Map<string, string>()).keys()]).toEqual(Object.keys(OPERATIONS));
  });
});

test.skipIf(only !== undefined)("the table of the zoo in the documentation is what happened", async () => {
  const parts = [];
  for (const kind of kinds) {
    const cells = await results.get(kind);
    const rows = [...(cells ?? [])].map(([name, cell]) => `| ${name} | ${cell.replaceAll("|", "\\|")} |`);
    parts.push(`## ${kind.name}\n\n| operation | result |\n| --- | --- |\n${rows.join("\n")}\n`);
  }
  const text = `${INTRODUCTION}\n${parts.join("\n")}`;
  const file = new URL("zoo.md", import.meta.url);
  if (process.env["FXPD_ZOO_MD"] === "1") await writeFile(file, text);
  expect(gist(text)).toEqual(gist(await readFile(file, "utf8")));
});

/** Cells in which it shows how fast this machine is: what is there when it is looked for. */
const DEPENDS_ON_TIME = [/^\| doctor with/];

/** Which operation works and which is refused: words and figures may differ with the order in which things happen. */
function gist(table: string): readonly string[] {
  return table
    .split("\n")
    .filter((line) => /^(##|\| )/.test(line) && !DEPENDS_ON_TIME.some((cell) => cell.test(line)))
    .map((line) =>
      line
        .replace(/ \| (failed|partial|without|no\b).*/, " | refused")
        .replace(/ \| (?!refused$).*/, " | works"),
    );
}

const INTRODUCTION = `# Servers that nobody here has seen

Written by \`zoo.test.ts\` (with FXPD_ZOO_MD=1; otherwise compared), which carries every operation out on a scripted server of
each kind in \`test/servers/zoo\`, with a real vsftpd and a real ProFTPD on the other side, and looks for itself whether each file
is whole, in its place, and said to be there only if it is. A cell says what works, or in which words it is refused; \`zoo\`, \`v\`
and \`p\` are the hosts. \`target-pasv\` and the like are third-party methods, \`relay\` is through this machine.
`;
