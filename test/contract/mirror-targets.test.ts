import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Desk, Ended, Event } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import { treeOf } from "../support/trees.ts";

/** Ten files in each of: the root, `d1` … `d5`. */
const [FILES, DIRECTORIES] = [60, 6];
const TREE = treeOf({ files: FILES, directories: DIRECTORIES, octets: [10, 200] });
const NAMES = ["one", "two", "three"] as const;

let source: TreeServer;
let targets: readonly TreeServer[];
let desk: Desk;

beforeEach(async () => {
  [source, ...targets] = await Promise.all([treeServer({ tree: TREE }), ...NAMES.map(() => treeServer())]);
  const hosts = Object.fromEntries(NAMES.map((name, index) => [name, at(index)]));
  desk = await deskHere({ source, ...hosts });
  await mkdir(join(desk.path, "jobs"));
});
afterEach(async () => {
  for (const one of [source, ...targets, desk]) await one[Symbol.asyncDispose]();
});

function at(index: number): TreeServer {
  const target = targets[index];
  if (target === undefined) throw new Error(`no target ${index}`);
  return target;
}

async function run(spread: boolean, ...more: readonly string[]): Promise<Ended> {
  const to = NAMES.map((name) => `"${name}:/"`).join(", ");
  const lines = [
    `mirror: {from: "source:/", to: [${to}], spread: ${String(spread)}}`,
    "delete: true",
    ...more,
  ];
  await writeFile(join(desk.path, "jobs/all.yaml"), lines.join("\n"));
  return desk.fxpd("run", "all", "--json", "--jobs", "jobs");
}

/** How often a verb came for each path; a listing is of where one is. */
function counts({ commands }: TreeServer, verb: string): readonly number[] {
  const seen = new Map<string, number>();
  for (const line of commands) if (line.startsWith(`${verb} `)) seen.set(line, (seen.get(line) ?? 0) + 1);
  return [...seen.values()];
}

const ends = ({ events }: Ended): Readonly<Record<string, Event>> =>
  Object.fromEntries(
    events.filter(({ event }) => event === "target").map((one) => [String(one["to"]), one] as const),
  );

describe("a job with several targets", () => {
  test("lists the source once, and makes each of them equal to it", async () => {
    at(1).tree.write("/extra", Buffer.from("x"), Date.now());
    const ended = await run(false, "maxDelete: 100%");
    expect(ended.err).toBe("");
    expect(ended.status).toBe(0);
    expect(ended.summary).toMatchObject({
      outcome: "succeeded",
      files: { copied: 3 * FILES, deleted: 1, failed: 0 },
    });
    // Once more, where a target with something of its own makes a listing look short.
    expect(source.count("MLSD")).toBeLessThanOrEqual(DIRECTORIES + 1);
    expect(ends(ended)).toMatchObject({
      "one:/": { outcome: "succeeded", files: { copied: FILES, deleted: 0 } },
      "two:/": { outcome: "succeeded", files: { copied: FILES, deleted: 1 } },
      "three:/": { outcome: "succeeded", files: { copied: FILES, deleted: 0 } },
    });
    const again = await run(false);
    expect(again.summary).toMatchObject({ outcome: "succeeded", files: { copied: 0, kept: 3 * FILES } });
  });

  test("with spread reads each file from the source once", async () => {
    const ended = await run(true);
    expect(ended.err).toBe("");
    expect(ended.summary).toMatchObject({ outcome: "succeeded", files: { copied: 3 * FILES, failed: 0 } });
    expect(source.count("MLSD")).toBe(DIRECTORIES);
    expect(counts(source, "RETR")).toEqual(Array(FILES).fill(1));
    expect(source.octets.sent).toBe(at(0).octets.received);
    expect(at(0).octets.sent).toBe(2 * source.octets.sent);
    const from = ended.events.filter(({ event, to }) => event === "transfer" && to === "two:/");
    expect(from.every((one) => String(one["source"]).startsWith("one:/"))).toBe(true);
    expect(from).toHaveLength(FILES);
  });

  test("tells of each in the report, as of all", async () => {
    at(0).fault({ kind: "refusal", verbs: ["STOR"], at: "/d2", below: true, reply: "553 no such name" });
    const { status } = await run(false, "retries: 0", "report: ../report.json");
    expect(status).toBe(1);
    const report = JSON.parse(await readFile(join(desk.path, "report.json"), "utf8")) as object;
    expect(report).toMatchObject({
      summary: { outcome: "partial", files: { copied: 3 * FILES - 10, failed: 10 } },
      failed: { count: 10 },
      targets: expect.arrayContaining([
        expect.objectContaining({ target: "one:/", failed: expect.objectContaining({ count: 10 }) }),
        expect.objectContaining({ target: "two:/", failed: expect.objectContaining({ count: 0 }) }),
        expect.objectContaining({
          target: "three:/",
          summary: expect.objectContaining({ outcome: "succeeded" }),
        }),
      ]),
    });
  });

  test.each([false, true])("is made for the others where one is not there (spread: %s)", async (spread) => {
    await at(0).leave();
    const ended = await run(spread, "retries: 0");
    expect(ended.status).toBe(1);
    expect(ended.err).toMatch(/^fxpd: one:\/: one: cannot connect/m);
    expect(ended.summary).toMatchObject({ outcome: "partial", files: { copied: 2 * FILES, failed: 1 } });
    expect(ends(ended)).toMatchObject({
      "one:/": { outcome: "failed" },
      "two:/": { outcome: "succeeded" },
      "three:/": { outcome: "succeeded" },
    });
  });

  test("is nothing where the source is not there", async () => {
    await source.leave();
    const ended = await run(false, "retries: 0");
    expect(ended.status).toBe(3);
    expect(ended.err).toMatch(/^fxpd: source: cannot connect/);
    expect(ended.summary).toMatchObject({ outcome: "failed" });
  });

  test.each([false, true])(
    "has nothing deleted anywhere by a listing that was cut (spread: %s)",
    async (spread) => {
      await run(false);
      for (const target of targets) target.tree.write("/extra", Buffer.from("x"), Date.now());
      source.fault({ kind: "cut", at: "/d3", keep: 4, times: 1 });
      const ended = await run(spread, "retries: 0");
      expect(targets.map((target) => target.count("DELE", "RMD"))).toEqual([0, 0, 0]);
      for (const target of targets) expect(target.tree.find("/extra")).toBeDefined();
      expect(ended.status).toBe(1);
      const told = ended.events.filter(({ event }) => event === "fault").map(({ path, to }) => [path, to]);
      expect(told.sort()).toEqual(NAMES.map((name) => ["source:/d3", `${name}:/`]).sort());
      const next = await run(spread);
      expect(next.summary).toMatchObject({ outcome: "succeeded", files: { copied: 0, deleted: 3 } });
    },
  );

  test("is refused where two of them are one to their server", async () => {
    await writeFile(
      join(desk.path, "jobs/same.yaml"),
      'mirror: {from: "source:/", to: ["one:/pub", "one:pub/below"]}\n',
    );
    const { status, err } = await desk.fxpd("run", "same", "--json", "--jobs", "jobs");
    expect(err).toMatch(/^fxpd: one:pub\/below: overlaps the target one:\/pub$/m);
    expect(status).toBe(4);
    expect(at(0).count("STOR", "MKD")).toBe(0);
  });

  test("may be asked for on the command line, where a plan can have only one target", async () => {
    const mirror = (...more: readonly string[]) => desk.fxpd("mirror", "--json", "source:/", ...more);
    const spread = await mirror("one:/", "two:/", "--spread");
    expect(spread.summary).toMatchObject({ outcome: "succeeded", files: { copied: 2 * FILES } });
    expect(source.count("RETR")).toBe(FILES);
    const refusals = [
      [["one:/", "two:/", "--plan", "p.jsonl"], "fxpd: --plan: a plan can have only one target\n"],
      [["one:/", "--spread"], "fxpd: --spread: needs several targets\n"],
      [["one:/a", "one:/a/b"], "fxpd: one:/a/b: is inside one:/a; targets must not overlap\n"],
    ] as const;
    for (const [words, says] of refusals) {
      const { status, err } = await mirror(...words);
      expect([status, err]).toEqual([2, says]);
    }
  });
});
