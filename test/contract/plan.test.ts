import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import { treeOf } from "../support/trees.ts";

const TREE = treeOf({ files: 40, directories: 4, octets: [5, 5] });
const MODIFIED_MS = Date.UTC(2020, 0, 1);

let source: TreeServer;
let target: TreeServer;
let desk: Desk;

beforeEach(async () => {
  [source, target] = await Promise.all([treeServer({ tree: TREE }), treeServer({ tree: TREE })]);
  desk = await deskHere({ source, target });
  source.tree.makeDirectory("/new", MODIFIED_MS);
  for (const path of ["/new/a", "/new/Release", "/d1/b"])
    source.tree.write(path, Buffer.from(path), MODIFIED_MS);
  source.tree.write("/d1/f1.bin", Buffer.from("another"), MODIFIED_MS);
  for (const path of ["/d2/x", "/d3/y"]) target.tree.write(path, Buffer.from("extra"), MODIFIED_MS);
});
afterEach(async () => {
  for (const one of [source, target, desk]) await one[Symbol.asyncDispose]();
});

const CHANGES = ["STOR", "APPE", "DELE", "MKD", "RMD", "RNFR", "RNTO", "MFMT"];
const mirror = (...more: readonly string[]) =>
  desk.fxpd("mirror", "--json", "--retries", "0", ...more, "source:/", "target:/");
const plan = (...more: readonly string[]) =>
  mirror("--plan", "plan.jsonl", "--delete", "--indexes-last", "**/Release", "--trash", ".trash", ...more);
const apply = (...more: readonly string[]) => mirror("--apply", "plan.jsonl", ...more);
const file = () => join(desk.path, "plan.jsonl");

describe("a plan", () => {
  test("changes nothing, and says what each action was decided on", async () => {
    const { status, summary } = await plan();
    expect(status).toBe(0);
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 0, kept: 39, deleted: 0 } });
    expect(target.count(...CHANGES)).toBe(0);
    const [head, ...lines] = (await readFile(file(), "utf8")).trimEnd().split("\n");
    expect(JSON.parse(head ?? "")).toMatchObject({
      plan: 1,
      source: { shown: "source:/" },
      target: { shown: "target:/" },
      options: { delete: true, maxDelete: { percent: 10 }, trash: ".trash" },
    });
    const actions = lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(actions.map(({ action, path }) => `${String(action)} ${String(path)}`).sort()).toEqual([
      "copy d1/b",
      "copy d1/f1.bin",
      "copy new/Release",
      "copy new/a",
      "make-directory new",
      "trash d2/x",
      "trash d3/y",
    ]);
    expect(actions).toContainEqual({
      action: "copy",
      path: "d1/f1.bin",
      because: "7 bytes at the source, 5 at the target",
      source: { kind: "file", size: 7, modified: "2020-01-01T00:00:00Z" },
      target: { kind: "file", size: 5, modified: expect.any(String) },
    });
  });

  test("that is carried out makes the target equal, indexes last, and what was there is in the trash", async () => {
    await plan();
    const { status, summary, err } = await apply();
    expect(err).toBe("");
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 4, deleted: 2, failed: 0 } });
    expect(status).toBe(0);
    const named = target.commands.filter((line) => /^RNTO (?!.*\.trash)/.test(line));
    expect(named.findIndex((line) => line.endsWith("/Release"))).toBe(3);
    const [run] = target.tree.list("/.trash") ?? [];
    for (const path of ["d2/x", "d3/y", "d1/f1.bin"])
      expect(target.tree.find(`/.trash/${run?.name}/${path}`)).toBeDefined();
    expect((await desk.fxpd("diff", "--exclude", ".trash", "source:/", "target:/")).status).toBe(0);
  });

  test("does nothing where source or target have changed since, and deletes nothing then", async () => {
    await plan();
    source.tree.write("/new/a", Buffer.from("changed since"), MODIFIED_MS);
    target.tree.write("/d1/b", Buffer.from("somebody else's"), MODIFIED_MS);
    const { status, summary, events } = await apply();
    expect(status).toBe(1);
    expect(summary).toMatchObject({
      outcome: "partial",
      files: { copied: 1, deleted: 0, failed: 2, skipped: 1 },
      because: "nothing was deleted because the run had errors",
    });
    const failed = events.filter(({ outcome, event }) => event === "transfer" && outcome === "failed");
    expect(failed.map(({ because }) => because).sort()).toEqual([
      "target:/d1/b: the target has changed since the plan was made: a file exists there now",
      "target:/new/a: the source has changed since the plan was made: it had 6 bytes and now has 13",
    ]);
    expect(target.tree.read("/d1/b")?.toString()).toBe("somebody else's");
    expect(target.count("DELE")).toBe(0);
    expect(target.tree.find("/d2/x")).toBeDefined();
  });

  test("deletes nothing that has changed since", async () => {
    await plan();
    target.tree.write("/d2/x", Buffer.from("of use again"), MODIFIED_MS);
    const { status, summary, events } = await apply();
    expect(summary).toMatchObject({ files: { deleted: 1, failed: 1 } });
    expect(status).toBe(1);
    expect(target.tree.read("/d2/x")?.toString()).toBe("of use again");
    expect(events).toContainEqual(
      expect.objectContaining({
        event: "fault",
        path: "target:/d2/x",
        because: "the target has changed since the plan was made: it had 5 bytes and now has 12",
      }),
    );
  });

  test("is held to the ceiling again, as a whole", async () => {
    await plan();
    const refused = await apply("--max-delete", "1");
    expect(refused.summary).toMatchObject({ outcome: "refused", files: { copied: 4, deleted: 0 } });
    expect(refused.err).toMatch(
      /2 of 42 files would be deleted, which exceeds the limit of 1 \(--max-delete\)/,
    );
    expect(refused.status).toBe(4);
    // What was copied is kept by it now.
    expect((await apply()).summary).toMatchObject({ outcome: "succeeded", files: { kept: 4, deleted: 2 } });
  });
});

describe("a plan is refused, with exit status 2,", () => {
  const reason = async (ended: ReturnType<typeof apply>) => {
    const { status, err } = await ended;
    expect(status).toBe(2);
    expect(target.count(...CHANGES)).toBe(0);
    return err.trimEnd();
  };

  test("for other trees than its own", async () => {
    await plan();
    const other = desk.fxpd("mirror", "--apply", "plan.jsonl", "source:/", "target:/d1");
    expect(await reason(other)).toBe(
      "fxpd: plan.jsonl: is a plan for the target target:/, not for target:/d1",
    );
    const from = desk.fxpd("mirror", "--apply", "plan.jsonl", "source:", "target:/");
    expect(await reason(from)).toBe("fxpd: plan.jsonl: is a plan for the source source:/, not for source:");
  });

  test("where it is damaged", async () => {
    await plan();
    const text = await readFile(file(), "utf8");
    await writeFile(file(), text.slice(0, text.length / 2));
    expect(await reason(apply())).toMatch(/^fxpd: plan\.jsonl(:\d+)?: /);
    await writeFile(file(), text.replace("d2/x", "d2/f2"));
    expect(await reason(apply())).toMatch(/^fxpd: plan\.jsonl: was edited or damaged/);
  });

  test("beside options that it has decided on", async () => {
    await plan();
    expect(await reason(apply("--delete"))).toBe(
      "fxpd: --delete: cannot be combined with --apply: the plan decides what is done",
    );
    expect(await reason(apply("--exclude", "x"))).toMatch(
      /^fxpd: --include or --exclude: cannot be combined with --apply/,
    );
    expect(await reason(apply("--no-preserve-times"))).toMatch(
      /^fxpd: --preserve-times: cannot be combined with --apply/,
    );
    expect(await reason(apply("--dry-run"))).toMatch(/^fxpd: --dry-run: cannot be combined with --apply/);
  });
});
