import { describe, expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import { copy } from "../../src/copy/copy.ts";
import type { IndexStore } from "../../src/mirror/index/directory-index.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../support/edges.ts";
import { mirrorRequest, quickClock, writtenHere } from "../support/mirror-scene.ts";
import { settingsFor } from "../support/settings.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import type { Tree } from "../support/tree-server-tree.ts";
import { honestStatus, type StatusReply } from "../support/tree-server-verbs.ts";

const DIRECTORIES = Array.from({ length: 24 }, (_, index) => `d${index}`);
/** Each has names that no other one has, and d7 the most. */
const TREE: Tree = (directory) => {
  if (directory === "/") return DIRECTORIES.map((name) => ({ name, kind: "directory" }));
  const own = directory.slice(1);
  if (!DIRECTORIES.includes(own)) return undefined;
  const count = own === "d7" ? 9 : 3;
  return Array.from({ length: count }, (_, at) => ({ name: `${own}-${at}`, kind: "file", sizeBytes: 5 }));
};
const ALL = DIRECTORIES.flatMap((name) =>
  (TREE(`/${name}`) ?? []).map((file) => `/${name}/${file.name}`),
).sort();

const LISTED_OTHERWISE =
  /^source: (?:directories are|a directory is) listed over (?:a )?data connections?, because/;

const lineOfDirectory = (name: string) => `drwxr-xr-x    2 0        0            4096 Jan 01  2020 ${name}`;

/** How a server answers STAT that cannot be trusted. */
const ODD: Readonly<Record<string, () => StatusReply>> = {
  "the text of another directory, from the first on": () => (path, listing) => {
    const other = DIRECTORIES[(DIRECTORIES.indexOf(path.slice(1)) + 1) % DIRECTORIES.length] ?? "";
    return honestStatus(
      path,
      listing.map((line) => line.replaceAll(path.slice(1), other)),
    );
  },
  "the text of another directory, for one of them": () => (path, listing) =>
    honestStatus(path, path === "/d7" ? listing.map((line) => line.replaceAll("d7-", "d9-")) : listing),
  "the text of one of them, for another one": () => (path, listing) =>
    honestStatus(path, path === "/d5" ? listing.map((line) => line.replaceAll("d5-", "d6-")) : listing),
  "a text that is cut at a line": () => (path, listing) => honestStatus(path, listing.slice(0, 6)),
  "a text that is cut within a line": () => (path, listing) =>
    honestStatus(path, path === "/d7" ? [...listing.slice(0, 5), "-rw-r--r-- 1 ftp ft"] : listing),
  "a name with a line feed that makes up an end": () => (path, listing) =>
    honestStatus(
      path,
      path === "/d7" ? listing.toSpliced(4, 0, "213 End of status", "213-Status follows:") : listing,
    ),
  "what / has, for one of them": () => (path, listing) =>
    path === "/d7"
      ? honestStatus(path, [...listing.slice(0, 2), ...DIRECTORIES.map(lineOfDirectory)])
      : honestStatus(path, listing),
  "what / has, for all of them": () => (path, listing) =>
    honestStatus(path, [...listing.slice(0, 2), ...DIRECTORIES.map(lineOfDirectory)]),
  "eight lines at most": () => (path, listing) => honestStatus(path, listing.slice(0, 8)),
  "an error text among the entries": () => (path, listing) =>
    honestStatus(path, path === "/d7" ? listing.toSpliced(4, 1, "ls: d7-2: Input/output error") : listing),
  "an error text in place of one of them": () => (path, listing) =>
    path === "/d7"
      ? honestStatus(path, ["ls: cannot open directory '/d7': Permission denied"])
      : honestStatus(path, listing),
  "the directory's own line, as of a file": () => (path) =>
    honestStatus(path, [lineOfDirectory(path.slice(1))]),
  "its own line, as of a file, for one of them": () => (path, listing) =>
    honestStatus(path, path === "/d7" ? [lineOfDirectory("d7")] : listing),
  "headings, and each listing twice": () => (path, listing) =>
    honestStatus(path, [`${path}:`, ...listing, "", `${path}:`, ...listing]),
  "headings, and two listings, for one of them": () => (path, listing) =>
    honestStatus(path, path === "/d7" ? [`${path}:`, ...listing, "", "/d9:", ...listing] : listing),
  "right names in sizes of other files": () => (path, listing) =>
    honestStatus(
      path,
      path === "/d7" ? listing.map((line) => line.replace(/ 5 (?=\w{3} )/, " 7 ")) : listing,
    ),
  "a reply too many, so that each one belongs to the directory before": () => {
    let last = ["213-Status follows:", "213 End of status"];
    return (path, listing) => {
      const before = last;
      last = [...honestStatus(path, listing)];
      return path === "/d9" ? [...before, ...last] : last;
    };
  },
  "500 OOPS, and it hangs up": () => () => ["500 OOPS: child died", "hang up"],
  "it hangs up without a word": () => () => ["hang up"],
  "it hangs up later": () => {
    let asked = 0;
    return (path, listing) => ((asked += 1) > 20 ? ["hang up"] : honestStatus(path, listing));
  },
};

function placeOf(name: string, server: TreeServer): Place {
  const settings = settingsFor(name, server);
  const connect = () => new FtpSide(settings, { clock: systemClock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit: 4 };
}

/** Makes the target's tree equal to the source's. */
async function mirrored(
  source: TreeServer,
  target: TreeServer,
  memory = shortMemory(),
  dryRun = false,
  store?: IndexStore,
) {
  const { deps, events } = copyDeps({ clock: quickClock, memory });
  const request = mirrorRequest(placeOf("source", source), placeOf("target", target), {
    ...{ parallel: 2, retries: 2, dryRun },
    ...(store && { index: { options: "0".repeat(32), fullCheckMs: 86_400_000 } }),
    transfer: { fxp: "never", verify: "size", resume: "record", preserveTimes: true },
  });
  const all = { ...deps, written: writtenHere(), ...(store && { index: store }) };
  const summary = await mirror(request, all, new AbortController().signal);
  const notes = events.flatMap((event) => (event.event === "note" ? [event.because] : []));
  const copied = events.flatMap((event) =>
    event.event === "action" && event.action === "copy" ? [event.path.slice("source:".length)] : [],
  );
  return { ...summary, notes, copied: copied.sort() };
}

const filesOf = ({ tree }: TreeServer) =>
  (tree.list("/") ?? [])
    .flatMap(({ name }) => (tree.list(`/${name}`) ?? []).map((file) => `/${name}/${file.name}`))
    .sort();

describe.each(Object.entries(ODD))("STAT is answered by %s", (_, status) => {
  test("promise 4, two equal trees are found equal, and a note says that STAT is not trusted", async () => {
    await using source = await treeServer({ tree: TREE, form: "lines", status: status() });
    await using target = await treeServer({ tree: TREE, form: "lines", status: honestStatus });
    const { outcome, files, notes } = await mirrored(source, target);
    expect({ outcome, files }).toMatchObject({
      outcome: "succeeded",
      files: { copied: 0, deleted: 0, kept: ALL.length, failed: 0 },
    });
    expect(notes).toEqual([expect.stringMatching(LISTED_OTHERWISE)]);
  });

  test("an empty target gets every file under its own name", async () => {
    await using source = await treeServer({ tree: TREE, form: "lines", status: status() });
    await using target = await treeServer({ form: "lines", status: honestStatus });
    const { outcome, notes, copied } = await mirrored(source, target, shortMemory(), true);
    expect({ outcome, copied }).toEqual({ outcome: "succeeded", copied: ALL });
    expect(notes).toHaveLength(1);
  });

  test("a server with MLSD, where STAT only shows whether anything has changed: a change is found, and a note says that STAT is not trusted", async () => {
    await using source = await treeServer({ tree: TREE, status: status() });
    await using target = await treeServer({ tree: TREE, status: honestStatus });
    let kept: Uint8Array | undefined;
    const store: IndexStore = { read: async () => kept, write: async (bytes) => void (kept = bytes) };
    const first = await mirrored(source, target, shortMemory(), false, store);
    source.tree.write("/d3/new", Buffer.from("x"), Date.UTC(2020, 0, 1));
    const second = await mirrored(source, target, shortMemory(), false, store);
    expect([first.outcome, second.outcome, second.copied]).toEqual(["succeeded", "succeeded", ["/d3/new"]]);
    expect(filesOf(target)).toEqual([...ALL, "/d3/new"].sort());
    for (const { notes } of [first, second]) {
      expect(notes).toEqual([expect.stringMatching(LISTED_OTHERWISE)]);
    }
  });

  test("a copy by a pattern finds every file", async () => {
    await using source = await treeServer({ tree: TREE, form: "lines", status: status() });
    await using target = await treeServer();
    const { deps, events } = copyDeps();
    const request = {
      sources: [{ place: placeOf("source", source), pattern: parsePattern("/**"), shown: "source:/**" }],
      target: { place: placeOf("target", target), path: "/", shown: "target:/" },
      isWanted: () => true,
      ...{ onExists: "overwrite" as const, parallel: 2, retries: 2, dryRun: true },
      transfer: { fxp: "never", verify: "size", resume: "record", preserveTimes: true } as const,
    };
    await copy(request, deps, new AbortController().signal);
    expect(events.find(({ event }) => event === "plan")).toMatchObject({ files: ALL.length });
    expect(events.filter(({ event }) => event === "note")).toHaveLength(1);
  });
});

test("a trial whose reply was lost says nothing: the next run tries again", async () => {
  let asked = 0;
  const status = (path: string, listing: readonly string[]) =>
    (asked += 1) === 1 ? ["hang up"] : honestStatus(path, listing);
  await using source = await treeServer({ tree: TREE, form: "lines", status });
  await using target = await treeServer({ tree: TREE, form: "lines", status: honestStatus });
  const memory = shortMemory();
  expect((await mirrored(source, target, memory)).notes).toHaveLength(1);
  const { outcome, files, notes } = await mirrored(source, target, memory);
  expect({ outcome, kept: files.kept, notes }).toEqual({ outcome: "succeeded", kept: ALL.length, notes: [] });
  expect(source.count("STAT")).toBeGreaterThan(ALL.length / 10);
});

test.each<[string, StatusReply]>([
  ["as vsftpd does", honestStatus],
  ["below a total in German", (path, listing) => honestStatus(path, ["insgesamt 12", ...listing])],
  [
    "with a space before each line",
    (path, lines) =>
      honestStatus(
        path,
        lines.map((line) => ` ${line}`),
      ),
  ],
  [
    "with the code before each line",
    (path, lines) =>
      honestStatus(
        path,
        lines.map((line) => `213-${line}`),
      ),
  ],
])(
  "a server that lists by STAT %s is asked for all directories so, and after the first run without a trial",
  async (_, status) => {
    await using source = await treeServer({ tree: TREE, form: "lines", status });
    await using target = await treeServer({ tree: TREE, form: "lines", status: honestStatus });
    const memory = shortMemory();
    await mirrored(source, target, memory);
    const [listed, asked] = [source.count("LIST"), source.count("STAT")];
    const { outcome, files, notes } = await mirrored(source, target, memory);
    expect({ outcome, kept: files.kept, notes }).toEqual({
      outcome: "succeeded",
      kept: ALL.length,
      notes: [],
    });
    // The root is listed by itself.
    expect(source.count("LIST") - listed).toBe(1);
    expect(source.count("STAT") - asked).toBe(DIRECTORIES.length);
  },
);

test("a directory that is listed as one above it is listed over a data connection", async () => {
  const tree: Tree = (directory) => {
    if (directory === "/") return ["a", "b", "c", "d"].map((name) => ({ name, kind: "directory" }));
    if (!/^\/[a-d]$/.test(directory)) return undefined;
    return Array.from({ length: 9 }, (_, at) => ({
      name: `${directory.slice(1)}${at}`,
      kind: "file",
      sizeBytes: 5,
    }));
  };
  const status: StatusReply = (path, listing) =>
    path === "/d"
      ? honestStatus(path, [...listing.slice(0, 2), ...["a", "b", "c", "d"].map(lineOfDirectory)])
      : honestStatus(path, listing);
  await using source = await treeServer({ tree, form: "lines", status });
  await using target = await treeServer({ form: "lines", status: honestStatus });
  const { outcome, copied, notes } = await mirrored(source, target, shortMemory(), true);
  expect({ outcome, copied: copied.length }).toEqual({ outcome: "succeeded", copied: 36 });
  expect(copied).toContain("/d/d8");
  expect(notes).toEqual([expect.stringMatching(LISTED_OTHERWISE)]);
});

test("promise 4, what differs by STAT is listed over data connections before anything is deleted", async () => {
  await using source = await treeServer({ tree: TREE, form: "lines", status: honestStatus });
  await using target = await treeServer({ tree: TREE, form: "lines", status: honestStatus });
  target.tree.write("/d3/extra", Buffer.from("x"), Date.UTC(2020, 0, 1));
  await mirrored(source, target);
  const entered = source.commands.filter((line) => line === "CWD /d3" || line === "CWD /d3/");
  expect(entered.length).toBeGreaterThan(0);
  expect(filesOf(target)).toEqual(ALL);
});

test("a server that refuses STAT costs one question, and no note", async () => {
  await using source = await treeServer({ tree: TREE, form: "lines" });
  await using target = await treeServer({ tree: TREE, form: "lines", status: honestStatus });
  const { outcome, notes } = await mirrored(source, target);
  expect({ outcome, notes, asked: source.count("STAT") }).toEqual({
    outcome: "succeeded",
    notes: [],
    asked: 1,
  });
});

test("a server with MLSD is not asked by STAT", async () => {
  await using source = await treeServer({ tree: TREE, status: honestStatus });
  await using target = await treeServer({ tree: TREE, form: "lines", status: honestStatus });
  await mirrored(source, target);
  expect(source.count("STAT") + target.count("STAT")).toBe(0);
});
