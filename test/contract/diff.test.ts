import { afterEach, describe, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import { treeOf } from "../support/trees.ts";

const TREE = treeOf({ files: 40, directories: 4, octets: [5, 5] });

let source: TreeServer;
let target: TreeServer;
let desk: Desk;

async function start(form: "facts" | "lines"): Promise<void> {
  [source, target] = await Promise.all([treeServer({ tree: TREE, form }), treeServer({ tree: TREE, form })]);
  desk = await deskHere({ source, target });
}
afterEach(async () => {
  for (const one of [source, target, desk]) await one[Symbol.asyncDispose]();
});

const diff = (...more: readonly string[]) => desk.fxpd("diff", ...more, "source:/", "target:/");
const linesOf = ({ out }: { readonly out: string }) => out.split("\n").slice(0, -2).sort();
const MODIFIED_MS = Date.UTC(2020, 0, 1);

/** Everything that two trees can differ in. */
function change(): void {
  target.tree.removeFile("/f0.bin");
  for (const path of ["/d9", "/d9/below", "/kind"]) source.tree.makeDirectory(path, MODIFIED_MS);
  for (const path of ["/gone", "/f0.bin"]) target.tree.makeDirectory(path, MODIFIED_MS);
  source.tree.write("/d1/new", Buffer.from("new"), MODIFIED_MS);
  source.tree.write("/d9/below/new", Buffer.from("new"), MODIFIED_MS);
  target.tree.write("/d2/old", Buffer.from("old"), MODIFIED_MS);
  target.tree.write("/gone/x", Buffer.from("x"), MODIFIED_MS);
  target.tree.write("/d1/f1.bin", Buffer.from("longer than 5"), MODIFIED_MS);
  target.tree.write("/f0.bin/in", Buffer.from("x"), MODIFIED_MS);
  source.tree.write("/kind/in", Buffer.from("x"), MODIFIED_MS);
  target.tree.write("/kind", Buffer.from("x"), MODIFIED_MS);
}

const CHANGED = [
  "* d1/f1.bin  5 bytes at the source, 13 at the target",
  "* f0.bin  a file at the source, a directory at the target",
  "* kind  a directory at the source, a file at the target",
  "+ d1/new",
  "+ d9/",
  "+ d9/below/",
  "+ d9/below/new",
  "+ kind/in",
  "- d2/old",
  "- f0.bin/in",
  "- gone/",
  "- gone/x",
];

describe.each(["facts", "lines"] as const)("two trees (%s)", (form) => {
  test("that are equal say so, and the exit status is 0", async () => {
    await start(form);
    const { status, out, err } = await diff();
    expect(err).toBe("");
    expect(out).toMatch(/^equal: 40 equal, in .*\n$/);
    expect(status).toBe(0);
  });

  test("that differ are distinguished path by path, nothing is changed, and the exit status is 1", async () => {
    await start(form);
    change();
    const ended = await diff();
    expect(ended.err).toBe("");
    expect(linesOf(ended)).toEqual(CHANGED);
    expect(ended.out).toMatch(/different: 3 different, 5 only at the source, 4 only at the target, 38 equal/);
    expect(ended.status).toBe(1);
    for (const server of [source, target])
      expect(server.count("STOR", "APPE", "DELE", "MKD", "RMD", "RNFR", "RNTO", "MFMT", "RETR")).toBe(0);
  });
});

describe("what is told", () => {
  test("with -v is what is equal, too, and why", async () => {
    await start("facts");
    change();
    const lines = linesOf(await diff("-v", "--exclude", "gone"));
    expect(lines).toContain("= d1/f5.bin  equal in size and time");
    expect(lines).toContain("+ d1/new  not on the target");
    expect(lines.join("\n")).not.toContain("gone");
  });

  test("with --json is an event a line, the summary last", async () => {
    await start("facts");
    change();
    const { events, summary, status } = await diff("--json", "--exclude", "d1/*.bin");
    expect(events.filter(({ event }) => event === "difference")).toHaveLength(CHANGED.length - 1);
    expect(events).toContainEqual(
      expect.objectContaining({
        event: "difference",
        sign: "-",
        path: "d2/old",
        source: null,
        target: { kind: "file", size: 3, modified: "2020-01-01T00:00:00Z" },
      }),
    );
    expect(summary).toMatchObject({
      outcome: "succeeded",
      paths: { equal: 29, onlySource: 5, onlyTarget: 4, different: 2, unknown: 0, skipped: 10 },
    });
    expect(status).toBe(1);
  });

  test("of a directory that cannot be listed is that it is not known, and nothing of what is below it", async () => {
    await start("facts");
    target.fault({ kind: "refusal", verbs: ["MLSD", "LIST"], at: "/d3", reply: "550 Permission denied" });
    const { status, out } = await diff("--retries", "0");
    expect(out).toMatch(/^! d3\/ {2}target: (MLSD|LIST).*: 550 Permission denied$/m);
    expect(out).toMatch(/different: 1 unknown, 30 equal/);
    expect(status).toBe(1);
  });
});

describe("without a comparison", () => {
  test("the exit status is 2 for a wrong option, and 3 for a host or a source that is not there", async () => {
    await start("facts");
    expect((await diff("--compare", "looks")).status).toBe(2);
    expect((await desk.fxpd("diff", "source:/", "nowhere:/")).status).toBe(2);
    const missing = await desk.fxpd("diff", "--json", "source:/none", "target:/");
    expect(missing.status).toBe(3);
    expect(missing.summary).toMatchObject({ outcome: "failed", paths: { equal: 0 } });
    await target.leave();
    expect((await diff("--retries", "0")).status).toBe(3);
    await target.comeBack();
  });

  test("files without a digest in common are refused wherever they are", async () => {
    await start("facts");
    for (const path of ["/f0.bin", "/f4.bin"]) source.tree.removeFile(path);
    const { status, err } = await diff("--compare", "digest");
    expect(err).toMatch(/the two sides have no digest in common/);
    expect(status).toBe(3);
  });
});
