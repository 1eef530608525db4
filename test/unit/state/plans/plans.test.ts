import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PlannedAction } from "../../../../src/mirror/decide/planned.ts";
import { planFile, readPlan } from "../../../../src/state/plans/plans.ts";

const modified = "2026-01-31T12:00";
const ACTIONS: readonly PlannedAction[] = [
  { action: "make-directory", path: "d", because: "not on the target" },
  {
    action: "copy",
    path: "d/\u2028 \udc80",
    because: "…",
    source: { kind: "file", size: 5, modified },
    target: null,
    isIndex: true,
  },
  { action: "link", path: "l", because: "…", to: "../x", target: { kind: "link", to: "y" }, isLate: true },
  {
    action: "rename",
    path: "n",
    from: "o",
    because: "…",
    source: { kind: "file" },
    target: { kind: "file" },
  },
  { action: "trash", path: "gone", because: "…", target: { kind: "other" } },
  { action: "set-permissions", path: "d", because: "…", bits: 0o755, isNew: false },
];
const HEAD = {
  at: "2026-01-31T12:00:00.000Z",
  source: { shown: "archive:/pub", identity: "me@archive:21 /pub" },
  target: { shown: "./pub", identity: "local /srv/pub" },
  options: {
    delete: true,
    maxDelete: { percent: 5 },
    preserveTimes: true,
    permissions: false,
    trash: ".trash",
  },
};
const COUNTS = { sourceFiles: 7, targetFiles: 6, faults: 1, lateFaults: 0 };

let directory = "";
let file = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-plan-"));
  file = join(directory, "plan.jsonl");
});
afterEach(() => rm(directory, { recursive: true }));

function write(actions: readonly PlannedAction[] = ACTIONS): void {
  const plan = planFile(file, HEAD);
  for (const action of actions) plan.note(action);
  plan.end(COUNTS);
  plan.close();
}

async function actionsOf(): Promise<readonly PlannedAction[]> {
  const actions: PlannedAction[] = [];
  for await (const action of (await readPlan(file)).plan.actions()) actions.push(action);
  return actions;
}

describe("a plan", () => {
  test("is read as it was written", async () => {
    write();
    const { head, plan } = await readPlan(file);
    expect(head).toEqual({ plan: 1, ...HEAD });
    expect(plan.counts).toEqual(COUNTS);
    expect(await actionsOf()).toEqual(ACTIONS);
  });

  test("of more actions than are written at once is read as it was written", async () => {
    const many = Array.from({ length: 2_000 }, (_, index): PlannedAction => {
      return { action: "make-directory", path: `d${index}`, because: "not on the target" };
    });
    write(many);
    expect(await actionsOf()).toEqual(many);
  });

  test("that has not come to its end is none", async () => {
    const plan = planFile(file, HEAD);
    plan.note({ action: "make-directory", path: "d", because: "…" });
    plan.close();
    expect(await readdir(directory)).toEqual([]);
  });

  test("needs a place to be written to", () => {
    const nowhere = join(directory, "none/plan");
    expect(() => planFile(nowhere, HEAD)).toThrow(`${nowhere}: cannot be written: no such file or directory`);
  });
});

describe("a plan is refused", () => {
  const damaged = async (damage: (lines: string[]) => string[]) => {
    write();
    await writeFile(file, damage((await readFile(file, "utf8")).split("\n")).join("\n"));
    return readPlan(file);
  };

  test.each<[string, (lines: string[]) => string[], string]>([
    ["that is cut off", (lines) => lines.slice(0, -2), "is incomplete: its last line is missing"],
    [
      "that is cut off within a line",
      (lines) => [...lines.slice(0, 3), "{"],
      ":4: is not a valid action of a plan",
    ],
    ["without one of its lines", (lines) => lines.toSpliced(2, 1), "was edited or damaged"],
    [
      "in which a path is another",
      (lines) => lines.map((line) => line.replace('"gone"', '"here"')),
      "was edited or damaged",
    ],
    [
      "whose paths lead out of the tree",
      (lines) => lines.map((line) => line.replace('"gone"', '"../x"')),
      ":6: is not a valid action of a plan",
    ],
    ["that goes on behind its end", (lines) => [...lines, "{}"], "there are lines after the end of the plan"],
    [
      "of another form",
      (lines) => lines.map((line) => line.replace('"plan":1', '"plan":2')),
      "is a plan of version 2; this fxpd supports version 1",
    ],
    ["that is none", () => ["hello"], "is not a plan written by fxpd mirror --plan"],
    ["that is empty", () => [], "is empty, not a plan"],
  ])("%s", async (_, damage, because) => {
    await expect(damaged(damage)).rejects.toThrow(because);
  });

  test("that is not there", async () => {
    await expect(readPlan(file)).rejects.toThrow(`${file}: cannot be read: no such file or directory`);
  });
});
