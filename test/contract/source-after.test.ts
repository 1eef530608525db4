import { describe, expect, test } from "vitest";
import type { CopyEvent } from "../../src/batch/events.ts";
import { parseSourceAfter } from "../../src/transfer/source-after/source-after.ts";
import { treeServer, type TreeServer, type TreeServerOptions } from "../support/tree-server.ts";
import type { Tree } from "../support/tree-server-tree.ts";
import { ftp, run, memoryJournal } from "../support/source-after-scene.ts";

const OUT: Tree = (directory) => {
  if (directory === "/") return [{ name: "out", kind: "directory" }];
  if (directory === "/out")
    return ["a", "b", "c"].map((name) => ({ name, kind: "file", sizeBytes: 70_000 }) as const);
  return undefined;
};

async function two(source: TreeServerOptions = {}, target: TreeServerOptions = {}) {
  const from = await treeServer({ tree: OUT, ...source });
  const to = await treeServer(target);
  const dispose = async () => {
    await Promise.all([from[Symbol.asyncDispose](), to[Symbol.asyncDispose]()]);
  };
  return { from, to, places: [ftp("from", from), ftp("to", to)] as const, [Symbol.asyncDispose]: dispose };
}

const namesIn = ({ tree }: TreeServer, directory: string) =>
  (tree.list(directory) ?? []).map(({ name }) => name).sort();

describe("scripted servers", () => {
  test("sources are deleted when their copies are there, and directories are left", async () => {
    await using both = await two();
    const { summary, transfers } = await run(both.places[0], "/out/*", both.places[1], "/in/");
    expect(summary).toMatchObject({ outcome: "succeeded", sourceAfter: { done: 3, left: 0, failed: 0 } });
    expect(transfers[0]).toMatchObject({ sourceAfter: { action: "delete", outcome: "done" } });
    expect([namesIn(both.from, "/out"), namesIn(both.to, "/in")]).toEqual([[], ["a", "b", "c"]]);
    // An empty outbox is nothing to do.
    expect((await run(both.places[0], "/out/*", both.places[1], "/in/")).summary.outcome).toBe("succeeded");
  });

  test("a server that refuses DELE makes the file partial, and the next run does the step without a copy", async () => {
    await using both = await two();
    const journal = memoryJournal();
    const over = both.from.fault({ kind: "refusal", verbs: ["DELE"], at: "/out/b", reply: "550 No." });
    const first = await run(both.places[0], "/out/*", both.places[1], "/in/", { journal });
    expect(first.summary).toMatchObject({ outcome: "partial", files: { copied: 3, failed: 1 } });
    expect(first.transfers.find(({ outcome }) => outcome !== "succeeded")).toMatchObject({
      source: "from:/out/b",
      outcome: "partial",
      because: expect.stringMatching(/^copied, but not deleted at the source: .*550 No\./),
      sourceAfter: { outcome: "failed" },
    });
    expect([namesIn(both.from, "/out"), namesIn(both.to, "/in")]).toEqual([["b"], ["a", "b", "c"]]);
    over();
    const sent = both.from.octets.sent;
    const second = await run(both.places[0], "/out/*", both.places[1], "/in/", { journal });
    expect(second.summary).toMatchObject({ outcome: "succeeded", files: { copied: 0, kept: 1 } });
    expect([namesIn(both.from, "/out"), both.from.octets.sent]).toEqual([[], sent]);
  });

  test("a directory that is filled just before the server deletes it stays, and that is no failure", async () => {
    const tree: Tree = (directory) => {
      if (directory === "/") return [{ name: "out", kind: "directory" }];
      if (directory === "/out") return ["busy", "done"].map((name) => ({ name, kind: "directory" }) as const);
      return /^\/out\/(busy|done)$/.test(directory) ? [{ name: "a", kind: "file", sizeBytes: 7 }] : undefined;
    };
    await using both = await two({ tree });
    const { tree: at } = both.from;
    const fill = async () => at.write("/out/busy/new", Buffer.from("new"), 0);
    both.from.fault({ kind: "late", verbs: ["RMD"], at: "/out/busy", times: 1, until: fill });
    const after = parseSourceAfter("delete");
    if (after === undefined) throw new Error("nothing becomes of sources");
    const { summary, actions } = await run(both.places[0], "/out/**", both.places[1], "/in/", {
      sourceAfter: { after, roots: ["/out"], deletesEmpty: true },
    });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 2, failed: 0 } });
    expect(both.from.count("RMD")).toBe(2);
    expect([namesIn(both.from, "/out"), namesIn(both.from, "/out/busy")]).toEqual([["busy"], ["new"]]);
    const deleted = actions.flatMap(({ action, path }) => (action === "delete" ? [path] : []));
    expect(deleted).toEqual(["from:/out/done"]);
  });

  test("a server that refuses RNFR keeps its files under their names", async () => {
    await using both = await two();
    both.from.fault({ kind: "refusal", verbs: ["RNFR"], reply: "550 No renaming here." });
    const asked = { after: "rename {name}.done" };
    const { summary, transfers } = await run(both.places[0], "/out/*", both.places[1], "/in/", asked);
    expect(summary).toMatchObject({ outcome: "partial", sourceAfter: { done: 0, failed: 3 } });
    expect(transfers[0]?.because).toMatch(/^copied, but not renamed at the source: .*No renaming here/);
    expect(namesIn(both.from, "/out")).toEqual(["a", "b", "c"]);
  });

  test("a source that changes while it is copied is left", async () => {
    await using both = await two();
    const changed = () => both.from.tree.setModified("/out/b", Date.UTC(2026, 0, 1));
    both.to.fault({ kind: "late", verbs: ["RNTO"], at: "/in/b", times: 1, until: async () => changed() });
    const { summary, transfers } = await run(both.places[0], "/out/*", both.places[1], "/in/", {
      parallel: 1,
    });
    expect(summary).toMatchObject({ outcome: "partial", sourceAfter: { done: 2, left: 1 } });
    expect(transfers.find(({ outcome }) => outcome === "partial")).toMatchObject({
      source: "from:/out/b",
      because: "copied, but not deleted at the source: the source has been modified since it was copied",
    });
    expect(namesIn(both.from, "/out")).toEqual(["b"]);
  });

  test("a target that is shorter than was said before is no proof", async () => {
    await using both = await two();
    // The name is given, and then something is written over it.
    const cut = async () => void both.to.tree.write("/in/a", Buffer.from("short"), 0);
    both.from.fault({ kind: "late", verbs: ["DELE"], until: async () => {} });
    let isNamed = false;
    const emit = (event: CopyEvent) => void (isNamed ||= event.event === "transfer");
    both.to.fault({
      ...{ kind: "late", verbs: ["MLST", "SIZE"], at: "/in/a" },
      until: async () => (both.to.count("RNTO") > 0 ? cut() : undefined),
    });
    const { transfers } = await run(both.places[0], "/out/a", both.places[1], "/in/", { emit });
    expect(transfers[0]).toMatchObject({ outcome: "partial", sourceAfter: { outcome: "left" } });
    expect(transfers[0]?.because).toMatch(/the target has 5 bytes, but the source has 70000/);
    expect(namesIn(both.from, "/out")).toContain("a");
  });

  test("a deletion whose reply is lost is found to be done", async () => {
    await using both = await two();
    let isLost = false;
    const hangUp = async () => {
      if (isLost) return;
      isLost = true;
      both.from.tree.removeFile("/out/a");
    };
    both.from.fault({ kind: "late", verbs: ["DELE"], at: "/out/a", times: 1, until: hangUp });
    both.from.fault({ kind: "lost", verbs: ["DELE"], at: "/out/a", times: 1 });
    const { summary } = await run(both.places[0], "/out/a", both.places[1], "/in/");
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 1, failed: 0 } });
    expect(namesIn(both.to, "/in")).toEqual(["a"]);
  });

  test("a source without times and digests is left, since nothing shows that it has not changed", async () => {
    await using both = await two({ form: "names" as never });
    both.from.fault({ kind: "refusal", verbs: ["MDTM", "MLST", "MLSD"], reply: "502 not here" });
    both.from.fault({ kind: "refusal", verbs: ["LIST"], reply: "550 no" });
    const { summary, transfers } = await run(both.places[0], "/out/a", both.places[1], "/in/");
    expect(summary.outcome).toBe("partial");
    expect(transfers[0]?.because).toMatch(
      /does not report when it was modified, and the two sides have no digest/,
    );
    expect(namesIn(both.from, "/out")).toContain("a");
  });

  test("names that are taken are not overwritten, and files that were seen to are not found again", async () => {
    await using both = await two();
    both.from.tree.makeDirectory("/out/done", 0);
    both.from.tree.write("/out/done/a", Buffer.from("of yesterday"), 0);
    const asked = { after: "move done/" };
    const first = await run(both.places[0], "/out/**", both.places[1], "/in/", asked);
    expect(first.summary).toMatchObject({ outcome: "succeeded", files: { copied: 3 } });
    expect(namesIn(both.from, "/out/done")).toEqual(["a", "a.1", "b", "c"]);
    expect(both.from.tree.read("/out/done/a")?.toString()).toBe("of yesterday");
    expect(namesIn(both.to, "/in")).toEqual(["a", "b", "c"]);
    const second = await run(both.places[0], "/out/**", both.places[1], "/in/", asked);
    expect(second.summary).toMatchObject({ outcome: "succeeded", files: { copied: 0, kept: 0, skipped: 0 } });
  });

  test("a file that is kept because one is there is left without equal digests, which is no failure", async () => {
    await using both = await two();
    await run(both.places[0], "/out/*", both.places[1], "/in/", { after: "keep" });
    const { summary, actions } = await run(both.places[0], "/out/*", both.places[1], "/in/", {
      onExists: "skip",
    });
    expect(summary).toMatchObject({ outcome: "succeeded", sourceAfter: { done: 0, left: 3, failed: 0 } });
    expect(actions[0]?.sourceAfter?.because).toMatch(/no digest in common/);
    expect(namesIn(both.from, "/out")).toEqual(["a", "b", "c"]);
  });

  test("a crash between the deletion and its note leaves nothing to fail", async () => {
    await using both = await two();
    const journal = memoryJournal();
    // The run before has noted the file, deleted its source, and died.
    await run(both.places[0], "/out/a", both.places[1], "/in/", { journal, after: "keep" });
    const asked = { journal, emit: () => {} };
    const listed = await run(both.places[0], "/out/*", both.places[1], "/in/", {
      ...asked,
      emit: (event) => void (event.event === "plan" && both.from.tree.removeFile("/out/a")),
    });
    expect(listed.summary).toMatchObject({ outcome: "succeeded", files: { failed: 0 } });
    expect(namesIn(both.to, "/in")).toEqual(["a", "b", "c"]);
  });

  // A kept source is put away under another name while its target is looked at, and the process is killed then.
  test("a source that a crash left put away goes by its own name in the next run", async () => {
    await using both = await two();
    const journal = memoryJournal();
    await run(both.places[0], "/out/a", both.places[1], "/in/", { journal, after: "keep" });
    for (const name of ["a", "b"]) both.from.tree.rename(`/out/${name}`, `/out/.fxpd-source-${name}`);
    const { summary } = await run(both.places[0], "/out/?", both.places[1], "/in/", { journal });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 2, kept: 1 } });
    expect([namesIn(both.from, "/out"), namesIn(both.to, "/in")]).toEqual([[], ["a", "b", "c"]]);
  });

  test("one whose name another file has by now is left, and so are partial files of others", async () => {
    await using both = await two();
    const others = [".fxpd-source-a", ".fxpd-0123456789abcdef-k3v9.part"];
    for (const name of others) both.from.tree.write(`/out/${name}`, Buffer.from("older"), 0);
    const { summary, actions } = await run(both.places[0], "/out/*", both.places[1], "/in/");
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 3, skipped: 2 } });
    const skipped = actions.filter(({ action }) => action === "skip").map(({ because }) => because);
    expect(skipped).toEqual(others.map(() => "temporary file of a transfer"));
    expect([namesIn(both.from, "/out"), namesIn(both.to, "/in")]).toEqual([others.sort(), ["a", "b", "c"]]);
  });

  test("a kept source that the server does not delete keeps its name, in each run", async () => {
    await using both = await two();
    const journal = memoryJournal();
    both.from.fault({ kind: "refusal", verbs: ["DELE"], reply: "550 No." });
    const asked = { journal };
    for (const round of [1, 2, 3]) {
      const { summary } = await run(both.places[0], "/out/*", both.places[1], "/in/", asked);
      expect(summary, `run ${round}`).toMatchObject({ outcome: "partial", files: { failed: 3 } });
      expect(namesIn(both.from, "/out")).toEqual(["a", "b", "c"]);
    }
  });
});
