import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { HOSTILE, UNSEEN } from "../support/foreign-text.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

/** Listed, it is there; the server repeats it, and more of the kind, in a refusal. */
const NAME = `good ${HOSTILE}`;
const REFUSED = `bad ${HOSTILE}`;

let source: TreeServer;
let target: TreeServer;
let desk: Desk;
beforeAll(async () => {
  [source, target] = await Promise.all([treeServer(), treeServer({ greeting: `220 ${HOSTILE}` })]);
  desk = await deskHere({ source, target });
  for (const name of [NAME, REFUSED]) source.tree.write(`/${name}`, Buffer.from("x"), Date.now());
  target.tree.write(`/extra ${HOSTILE}`, Buffer.from("x"), Date.now());
  source.fault({ kind: "refusal", verbs: ["RETR"], at: `/${REFUSED}`, reply: `550 ${HOSTILE}: no` });
  await mkdir(join(desk.path, "jobs"));
  const job = { mirror: { from: "source:/", to: "target:/" }, rules: [{ exclude: REFUSED }] };
  await writeFile(join(desk.path, "jobs/one.yaml"), JSON.stringify(job));
});
afterAll(async () => {
  for (const one of [source, target, desk]) await one[Symbol.asyncDispose]();
});

const file = (name: string) => readFile(join(desk.path, name), "utf8");

describe("what a server says or calls a file is only text", () => {
  test.each<[readonly string[], readonly string[]]>([
    [["ls", "source:/"], []],
    [["ls", "--json", "source:/"], []],
    [["ls", "-vv", "target:/"], []],
    [["diff", "source:/", "target:/"], []],
    [["diff", "--json", "source:/", "target:/"], []],
    [["filter", "--job", "one"], []],
    [["probe", "target"], []],
    [["probe", "--json", "target"], []],
    [["doctor", "source", "target"], []],
    [["doctor", "--json", "source", "target"], []],
    [
      ["mirror", "--delete", "--max-delete", "100%", "--plan", "plan.jsonl", "source:/", "target:/"],
      ["plan.jsonl"],
    ],
    [["mirror", "--dry-run", "--json", "-vv", "--delete", "source:/", "target:/"], []],
    [["mirror", "-vv", "--retries", "0", "--report", "report.json", "source:/", "./a"], ["report.json"]],
    [["mirror", "--json", "--retries", "0", "--report", "more.json", "source:/", "./b"], ["more.json"]],
    [["copy", "-v", "--retries", "0", "source:/*", "./c/"], []],
    [["run", "one", "--json"], []],
    [["copy", `source:/none ${HOSTILE.slice(0, -2)}`, "./d"], []],
  ])("on every surface (%#)", async (args, files) => {
    const { out, err } = await desk.fxpd(...args);
    expect(out + err).not.toBe("");
    for (const [index, line] of `${out}${err}`.split("\n").entries())
      expect(line, `line ${index} of ${args.join(" ")}`).not.toMatch(UNSEEN);
    for (const name of files) expect((await file(name)).replaceAll("\n", "")).not.toMatch(UNSEEN);
  });

  test("and comes back from JSON as it is", async () => {
    const { events } = await desk.fxpd("ls", "--json", "source:/");
    expect(events.map(({ name }) => name)).toEqual(expect.arrayContaining([NAME, REFUSED]));
    const { events: told } = await desk.fxpd("mirror", "--json", "--retries", "0", "source:/", "./e");
    expect(told).toContainEqual(expect.objectContaining({ event: "transfer", source: `source:/${NAME}` }));
  });
});
