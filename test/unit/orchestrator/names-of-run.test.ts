import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { submissionSchemaFor } from "../../../src/api/views/submission-schemas.ts";
import { namesIn, requestOf } from "../../../src/orchestrator/definitions.ts";

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "fxpd-names-"));
  mkdirSync(join(work, "jobs"));
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

const directories = () => ({ config: join(work, "config"), jobs: join(work, "jobs") });
const write = (name: string, text: string) => writeFileSync(join(work, "jobs", name), text);
const copy = { from: "/from/", to: "/to/" };

test("a list in a job is that of its runs, with the other names of files", async () => {
  const document = { copy, files: ["a/b", { from: "c", to: "d" }] };
  const order = { job: "wanted", document, rules: [], dryRun: false };
  expect([...((await namesIn(order, directories())) ?? [])]).toEqual([
    ["a/b", "a/b"],
    ["c", "d"],
  ]);
  const { request } = await requestOf(order, directories(), { transcript: undefined });
  expect("sources" in request && request.sources[0]?.names?.get("c")).toBe("d");
});

describe("a list in a file", () => {
  const order = { job: "wanted", document: { copy, filesFrom: "list" }, rules: [], dryRun: false };

  test("is read when a run is planned, beside the worker's own job", async () => {
    write("wanted.yaml", "copy: {from: /from/, to: /to/}\nfilesFrom: list\n");
    write("list", "a\n# none\nb/c\n");
    expect([...((await namesIn(order, directories())) ?? new Map()).keys()]).toEqual(["a", "b/c"]);
    write("list", "d\n");
    expect([...((await namesIn(order, directories())) ?? new Map()).keys()]).toEqual(["d"]);
  });

  test("promise 11: is no other file than the one that the worker's own job names", async () => {
    write("wanted.yaml", "copy: {from: /from/, to: /to/}\n");
    write("list", "a\n");
    await expect(namesIn(order, directories())).rejects.toThrow("has no filesFrom: list on this machine");
    await expect(namesIn({ ...order, job: "other" }, directories())).rejects.toThrow("no such job: other");
  });

  test("gives no other names, since whoever copies its files could not check them", async () => {
    write("wanted.yaml", "copy: {from: /from/, to: /to/}\nfilesFrom: list\n");
    write("list", "a\tb\n");
    await expect(namesIn(order, directories())).rejects.toThrow('"a" gets another name');
  });
});

test.each([
  [{ copy, files: ["../x"] }, '"../x" leads out of the directory'],
  [{ copy: { ...copy, from: ["/a/", "/b/"] }, files: ["x"] }, "needs exactly one source"],
  [{ copy: { ...copy, from: "/a/*" }, files: ["x"] }, "needs exactly one source"],
  [{ mirror: { from: "/a", to: "/b" }, files: [{ from: "x", to: "y" }] }, "a mirror keeps names"],
])("a list that leads out, or does not go with its job, is refused: %j", async (document, because) => {
  const order = { job: "j", document, rules: [], dryRun: false };
  await expect(requestOf(order, directories(), { transcript: undefined })).rejects.toThrow(because);
});

test("a request to the API may hold a list, and may not name a file of the worker's machine", () => {
  const document = { copy: { from: "a:/x/", to: "b:/y/" } };
  const isAccepted = (more: object) =>
    submissionSchemaFor(document).safeParse({ ...document, ...more }).success;
  expect(isAccepted({ files: ["a", { from: "b", to: "c" }] })).toBe(true);
  expect(isAccepted({ files: [] })).toBe(false);
  expect(isAccepted({ filesFrom: "list" })).toBe(false);
  expect(isAccepted({ files: Array.from({ length: 100_001 }, () => "a") })).toBe(false);
});
