import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import { treeOf } from "../support/trees.ts";

let source: TreeServer;
let target: TreeServer;
let desk: Desk;

beforeEach(async () => {
  const tree = treeOf({ files: 40, directories: 4 });
  [source, target] = await Promise.all([treeServer({ tree }), treeServer()]);
  desk = await deskHere({ source, target });
  target.fault({ kind: "refusal", verbs: ["STOR"], at: "/d1", below: true, reply: "550 Permission denied" });
});
afterEach(async () => {
  for (const one of [source, target, desk]) await one[Symbol.asyncDispose]();
});

const report = async (path = "report.json") =>
  JSON.parse(await readFile(join(desk.path, path), "utf8")) as Record<string, unknown>;

describe("a report", () => {
  test("of a mirror tells how it ended, what failed for which reason, and what was left alone", async () => {
    const words = ["--retries", "0", "--exclude", "d2/", "--report", "report.json"];
    const { status, err, out } = await desk.fxpd("mirror", ...words, "source:/", "target:/");
    expect(status).toBe(1);
    expect(await report()).toMatchObject({
      report: 1,
      isDryRun: false,
      ended: expect.any(String),
      summary: { outcome: "partial", files: { copied: 20, failed: 10, skipped: 1 } },
      failed: {
        count: 10,
        causes: [{ count: 10, because: expect.stringContaining("550 Permission denied") }],
        first: expect.arrayContaining([
          expect.objectContaining({ path: "source:/d1/f1.bin", target: "target:/d1/f1.bin", attempts: 1 }),
        ]),
      },
      leftAlone: {
        count: 1,
        first: [{ path: "source:/d2", because: expect.stringContaining("exclude d2/") }],
      },
      deleted: [],
    });
    // The first failures in full, the others as one line.
    expect(err.split("\n").filter((line) => line.includes(": not copied: "))).toHaveLength(5);
    expect(err).toMatch(/^fxpd: 5 more like source:\/d1\/.*550 Permission denied/m);
    expect(out).toMatch(/^partial: 20 copied, 1 skipped, 10 failed/m);
  });

  test("of a job is written beside it, unless the command line says where", async () => {
    await mkdir(join(desk.path, "jobs"));
    const job = "mirror: {from: 'source:/', to: 'target:/'}\nretries: 0\nreport: last.json\n";
    await writeFile(join(desk.path, "jobs/nightly.yaml"), job);
    await desk.fxpd("run", "nightly", "--jobs", "jobs");
    expect(await report("jobs/last.json")).toMatchObject({ failed: { count: 10 } });
    await desk.fxpd("run", "nightly", "--jobs", "jobs", "--report", "here.json", "--dry-run");
    expect(await report("here.json")).toMatchObject({ isDryRun: true, failed: { count: 0 } });
  });

  test("of a copy that cannot begin says why", async () => {
    const { status } = await desk.fxpd("copy", "--report", "report.json", "source:/none", "target:/");
    expect(status).toBe(1);
    expect(await report()).toMatchObject({
      summary: null,
      failed: { count: 1, first: [{ because: expect.stringContaining("no such file") }] },
    });
  });

  test("that cannot be written is told of before anything is done", async () => {
    const { status, err } = await desk.fxpd("mirror", "--report", "none/r.json", "source:/", "target:/");
    expect(err).toMatch(/^fxpd: none\/r\.json: cannot be written: no such file/);
    expect(status).toBe(2);
    expect(target.count("STOR")).toBe(0);
  });
});
