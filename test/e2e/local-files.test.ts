import { execFileSync } from "node:child_process";
import { appendFile, chmod, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Desk, type Ended } from "../support/desk.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

// Promise 10: what hurts one file leaves all others alone.

const NAMES = Array.from({ length: 10 }, (_, index) => `f${index}`);

/** A desk with ten files in `tree`, and an empty server to mirror them to. */
async function scene(bytes = 2_000) {
  const target = await treeServer();
  const desk = await Desk.open({ target });
  desk.isOrdinary = true;
  const tree = join(desk.path, "tree");
  await mkdir(tree);
  for (const name of NAMES) await writeFile(join(tree, name), Buffer.alloc(bytes, name));
  return { target, desk, tree };
}

function namesAt(target: TreeServer): readonly string[] {
  return [...(target.tree.list("/") ?? [])].map(({ name }) => name).sort();
}

/** What failed, and the reason that standard error has for it. */
function failures({ events }: Ended) {
  return events.flatMap(({ event, outcome, source, path, because }) =>
    event === "fault" || (event === "transfer" && outcome === "failed")
      ? [`${String(source ?? path)}: ${String(because)}`]
      : [],
  );
}

test("files that cannot be opened fail one by one, each with its reason, and all others are mirrored", async () => {
  const { target, desk, tree } = await scene();
  await using _ = target;
  await using __ = desk;
  await chmod(join(tree, "f3"), 0);
  await mkdir(join(tree, "closed"));
  await writeFile(join(tree, "closed/f"), "x");
  await chmod(join(tree, "closed"), 0);
  const ended = await desk.fxpd("mirror", "--json", "./tree", "target:/");
  await chmod(join(tree, "closed"), 0o700);
  expect(failures(ended).sort()).toEqual([
    "./tree/closed: local: ./tree/closed: permission denied (EACCES)",
    "./tree/f3: local: ./tree/f3: permission denied (EACCES)",
  ]);
  expect(ended.summary, ended.err).toMatchObject({ outcome: "partial", files: { copied: 9, failed: 2 } });
  expect(ended.status).toBe(1);
  expect(namesAt(target)).toEqual(NAMES.filter((name) => name !== "f3"));
});

test("a file that vanishes or changes after it was listed is that file's failure", async () => {
  const { target, desk, tree } = await scene(300_000);
  await using _ = target;
  await using __ = desk;
  let begun = 0;
  target.fault({
    kind: "late",
    verbs: ["STOR"],
    times: 1,
    until: async () => {
      begun += 1;
      await rm(join(tree, "f7"));
      await truncate(join(tree, "f8"), 100);
    },
  });
  const ended = await desk.fxpd(
    "mirror",
    "--json",
    "--parallel",
    "1",
    "--retries",
    "0",
    "./tree",
    "target:/",
  );
  expect(begun).toBe(1);
  expect(failures(ended).sort()).toEqual([
    "./tree/f7: local: ./tree/f7: no such file or directory (ENOENT)",
    "./tree/f8: local: ./tree/f8: changed while it was being copied",
  ]);
  expect(ended.summary, ended.err).toMatchObject({ outcome: "partial", files: { copied: 8, failed: 2 } });
  expect(namesAt(target)).toEqual(NAMES.filter((name) => name !== "f7" && name !== "f8"));
});

test("a file that grows without end is given up, and leaves nothing at the target", async () => {
  const { target, desk, tree } = await scene();
  await using _ = target;
  await using __ = desk;
  const log = join(tree, "f0");
  // At each step of its copy, which is seen here before it goes on.
  const grow = () => appendFile(log, Buffer.alloc(1_000));
  target.fault({ kind: "late", verbs: ["STOR", "APPE", "SIZE", "MLST", "RNFR"], until: grow });
  const ended = await desk.fxpd("mirror", "--json", "--retries", "1", "./tree", "target:/");
  expect(ended.summary, ended.err).toMatchObject({ files: { copied: 9, failed: 1 } });
  expect(failures(ended)).toEqual([
    expect.stringMatching(/^\.\/tree\/f0: .*(changed while|bytes arrived|bytes)/),
  ]);
  expect(namesAt(target)).toEqual(NAMES.slice(1));
});

test("what is no file is named, and not waited for", async () => {
  const { target, desk, tree } = await scene();
  await using _ = target;
  await using __ = desk;
  execFileSync("mkfifo", [join(tree, "fifo")]);
  const ended = await desk.fxpd("copy", "--json", "./tree/fifo", "/dev/zero", "./tree/f1", "target:/");
  expect(failures(ended)).toEqual([
    "./tree/fifo: neither a file nor a directory",
    "/dev/zero: neither a file nor a directory",
  ]);
  expect(ended.summary).toMatchObject({ outcome: "partial", files: { copied: 1, failed: 2 } });
  expect(ended.status).toBe(1);
  const all = await desk.fxpd("mirror", "--json", "./tree", "target:/");
  expect(all.summary).toMatchObject({ outcome: "succeeded", files: { skipped: 1, failed: 0 } });
});

test("a local disk on which nothing can be stored is named with its directory, and ends the copy", async () => {
  const { target: source, desk } = await scene();
  await using _ = source;
  await using __ = desk;
  source.tree.write("/a", Buffer.from("a"), 0);
  await mkdir(join(desk.path, "closed"), { mode: 0o500 });
  const ended = await desk.fxpd("copy", "--json", "target:/a", "./closed/");
  expect(failures(ended)).toEqual(["target:/a: local: ./closed: permission denied (EACCES)"]);
  expect(ended.status).toBe(1);
});

test.each([
  ["from a server to this machine", "copy", "target:/big", "./here/"],
  ["from this machine to a server", "copy", "./tree/big", "target:/up/"],
  ["of a tree from this machine to a server", "mirror", "./tree", "target:/up"],
  ["of a tree from a server to this machine", "mirror", "target:/", "./here"],
])("Ctrl-C in a transfer %s ends it as cancelled, with status 130", async (_name, command, from, to) => {
  const { target, desk, tree } = await scene();
  await using _ = target;
  await using __ = desk;
  const big = Buffer.alloc(40_000_000, "big");
  await writeFile(join(tree, "big"), big);
  target.tree.write("/big", big, 0);
  const { child, ended } = desk.begin(command, "--json", from, to);
  let told = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    told += chunk.toString();
    const hasBegun = /"event":"start"[^\n]*big"/.test(told);
    if (hasBegun && !child.killed) child.kill("SIGINT");
  });
  const { status, summary, err, events } = await ended;
  expect(status, err).toBe(130);
  expect(summary).toMatchObject({ outcome: "cancelled" });
  const cut = events.filter(({ event, outcome }) => event === "transfer" && outcome !== "succeeded");
  for (const one of cut) expect(one).toMatchObject({ outcome: "cancelled", because: "interrupted" });
  expect(err).not.toMatch(/ERR_|aborted/);
  const here = await readdir(join(desk.path, "here")).catch((): string[] => []);
  if (here.includes("big")) expect(await readFile(join(desk.path, "here/big"))).toHaveLength(big.length);
});
