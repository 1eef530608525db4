import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Desk, Ended } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, type TreeServerOptions, treeServer } from "../support/tree-server.ts";
import { treeOf } from "../support/trees.ts";

const FILES = 40;
const HOUR_MS = 3_600_000;
const TREE = treeOf({ files: FILES, directories: 4, octets: [5, 5] });

let open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

interface Pair {
  readonly source: TreeServer;
  readonly target: TreeServer;
  readonly desk: Desk;
  readonly mirror: () => Promise<Ended>;
}

/** A source with the tree, and a target that is empty. */
async function pair(source: TreeServerOptions, target: TreeServerOptions): Promise<Pair> {
  const servers = {
    source: await treeServer({ tree: TREE, ...source }),
    target: await treeServer(target),
  };
  const desk = await deskHere(servers);
  open = [servers.source, servers.target, desk];
  const mirror = () => desk.fxpd("mirror", "--json", "--delete", "source:/", "target:/");
  return { ...servers, desk, mirror };
}

const files = ({ summary, err }: Ended) => summary?.["files"] ?? err;
const reasons = ({ events }: Ended) => [
  ...new Set(events.flatMap(({ action, because }) => (action === "keep" ? [because] : []))),
];
const ALL_COPIED = { copied: FILES, kept: 0, deleted: 0, skipped: 0, failed: 0 };
const ALL_KEPT = { copied: 0, kept: FILES, deleted: 0, skipped: 0, failed: 0 };

describe("a second run over an unchanged tree copies nothing", () => {
  test.each<{ where: string; source: TreeServerOptions; target: TreeServerOptions }>([
    { where: "both tell and keep times to the second", source: {}, target: {} },
    { where: "both list lines", source: { form: "lines" }, target: { form: "lines" } },
    { where: "the source lists in another zone", source: { form: "lines", zoneMs: 2 * HOUR_MS }, target: {} },
    {
      where: "the target lists in another zone",
      source: {},
      target: { form: "lines", zoneMs: -5 * HOUR_MS },
    },
    { where: "the target keeps no times", source: {}, target: { keepsTimes: false } },
    {
      where: "the target keeps no times, and lists lines in another zone",
      source: { form: "lines" },
      target: { form: "lines", keepsTimes: false, zoneMs: 10 * HOUR_MS },
    },
  ])("where $where", async ({ source: here, target: there }) => {
    const { source, target, mirror } = await pair(here, there);
    // Times of this year, which lines show to the minute, and one that is older.
    for (const [index, { name }] of (source.tree.list("/d1") ?? []).entries()) {
      source.tree.setModified(`/d1/${name}`, Date.now() - index * 7 * HOUR_MS - 123_456);
    }
    expect(files(await mirror())).toEqual(ALL_COPIED);
    expect(files(await mirror())).toEqual(ALL_KEPT);
    // What is known of zones and times by now must not make it blind.
    const { modifiedMs = 0 } = source.tree.find("/f0.bin") ?? {};
    source.tree.setModified("/f0.bin", modifiedMs + 26 * HOUR_MS);
    source.tree.write("/d2/f2.bin", Buffer.from("longer than it was"), modifiedMs);
    expect(files(await mirror())).toEqual({ ...ALL_KEPT, copied: 2, kept: FILES - 2 });
    expect(target.tree.read("/d2/f2.bin")?.toString()).toBe("longer than it was");
    expect(target.count("STOR")).toBe(FILES + 2);
  });

  test("where the target keeps no times, what was written is remembered", async () => {
    const { mirror } = await pair({}, { keepsTimes: false });
    expect(files(await mirror())).toEqual(ALL_COPIED);
    const remembered = await mirror();
    expect(files(remembered)).toEqual(ALL_KEPT);
    expect(reasons(remembered)).toEqual([expect.stringMatching(/does not preserve times/)]);
  });

  // A server that nobody knows is taken to set times by MDTM until it has refused that.
  test("where that is forgotten, size decides, and it is said", async () => {
    const { desk, mirror } = await pair({}, { keepsTimes: false });
    await mirror();
    await rm(join(desk.path, "state"), { recursive: true });
    const forgotten = await mirror();
    expect(files(forgotten)).toEqual(ALL_KEPT);
    expect(reasons(forgotten)).toEqual([
      expect.stringMatching(/equal in size .*no record of an earlier copy/),
    ]);
  });
});

test("a dry run changes nothing, and says what the run then does", async () => {
  const { source, target, desk, mirror } = await pair({}, {});
  expect(files(await mirror())).toEqual(ALL_COPIED);
  target.tree.removeFile("/d1/f1.bin");
  target.tree.write("/d3/extra", Buffer.from("x"), 0);
  const before = target.commands.length;
  const dry = await desk.fxpd("mirror", "--json", "--dry-run", "--delete", "source:/", "target:/");
  expect(dry.status).toBe(0);
  const said = dry.events.flatMap(({ action, path }) =>
    action === "keep" || !action ? [] : [`${action} ${path}`],
  );
  expect(said.sort()).toEqual(["copy source:/d1/f1.bin", "delete target:/d3/extra"]);
  const commands = target.commands.slice(before).map((line) => line.split(" ", 1)[0]);
  for (const verb of ["STOR", "DELE", "RMD", "MKD", "RNFR", "MFMT"]) expect(commands).not.toContain(verb);
  expect(source.count("STOR", "DELE", "RNFR", "MFMT")).toBe(0);
  expect(files(await mirror())).toEqual({ ...ALL_KEPT, copied: 1, kept: FILES - 1, deleted: 1 });
});
