import { afterEach, describe, expect, test } from "vitest";
import type { Desk, Ended } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import { type Fault, LOOKING } from "../support/tree-server-faults.ts";
import type { ListingForm } from "../support/tree-server-listing.ts";
import { treeOf } from "../support/trees.ts";

/** Ten files in each of: the root, `d1` … `d5`. */
const TREE = treeOf({ files: 60, directories: 6 });
/** What only the target has: a run in which all goes well deletes it. */
const EXTRAS = ["/extra", "/d2/extra"];
const FORMS = ["facts", "lines"] as const;

let source: TreeServer;
let target: TreeServer;
let desk: Desk;

async function start(form: ListingForm): Promise<void> {
  [source, target] = await Promise.all([treeServer({ tree: TREE, form }), treeServer({ tree: TREE, form })]);
  desk = await deskHere({ source, target });
  for (const path of EXTRAS) target.tree.write(path, Buffer.from("x"), Date.now());
}
afterEach(async () => {
  for (const one of [source, target, desk]) await one[Symbol.asyncDispose]();
});

const mirror = (...more: readonly string[]) =>
  desk.fxpd("mirror", "--json", "--delete", "--retries", "0", ...more, "source:/", "target:/");

/** The reasons that were given: what stands on standard error, and with the files and directories in question. */
const reasons = ({ err, events }: Ended) =>
  [err, ...events.map(({ path, because }) => `${String(path)}: ${String(because)}`)].join("\n");

/** Whatever may make a name vanish; not what is of this program, nor the question whether a directory is a link. */
const deletions = () =>
  target.commands.filter((line) => /^(DELE|RMD|RNFR) /.test(line) && !/\/\.fxpd-|^DELE \/d\d$/.test(line))
    .length;
const refusal = (verbs: readonly string[], at: string, reply: string): Fault =>
  ({ kind: "refusal", verbs, at, below: true, reply }) as const;

test.each(FORMS)(
  "without a lie, what the source has no longer is deleted, and nothing else (%s)",
  async (form) => {
    await start(form);
    const { status, summary, err } = await mirror();
    expect(err).toBe("");
    expect(summary).toMatchObject({
      outcome: "succeeded",
      files: { copied: 0, kept: 60, deleted: 2, failed: 0 },
    });
    expect(status).toBe(0);
    expect(deletions()).toBe(2);
    for (const path of EXTRAS) expect(target.tree.find(path)).toBeUndefined();
  },
);

test("a listing that is cut once is looked at again, however much may be deleted", async () => {
  await start("facts");
  source.fault({ kind: "cut", keep: 3, times: 1 });
  const ended = await mirror("--max-delete", "100%");
  expect(reasons(ended)).toMatch(/two listings of the same directory disagree/);
  expect(ended.status).toBe(1);
  expect(deletions()).toBe(0);
});

describe.each(FORMS)("a source that lies (%s) has nothing deleted", (form) => {
  test.each<{ lie: string; faults: readonly Fault[]; status: number; says: RegExp }>([
    {
      lie: "the whole tree is listed empty",
      faults: [{ kind: "cut", keep: 0 }],
      status: 4,
      says: /source has no files at all/,
    },
    {
      lie: "a directory is listed empty",
      faults: [{ kind: "cut", at: "/d3", keep: 0 }],
      status: 4,
      says: /12 of 62 files would be deleted, which exceeds the limit of 10 %/,
    },
    {
      lie: "listings are cut to a few names",
      faults: [{ kind: "cut", keep: 6 }],
      status: 4,
      says: /files would be deleted, which exceeds the limit of 10 %/,
    },
    {
      lie: "a directory is said to be busy",
      faults: [refusal(LOOKING, "/d4", "450 not now")],
      status: 1,
      says: /d4.*450 not now/,
    },
    {
      lie: "a directory is said not to be there, or not for us",
      faults: [refusal(LOOKING, "/d4", "550 Permission denied")],
      status: 1,
      says: /d4.*550 Permission denied/,
    },
    {
      lie: "a listing is refused in a directory that was entered",
      faults: [refusal(["MLSD", "LIST"], "/d4", "550 Permission denied")],
      status: 1,
      says: /d4.*550 Permission denied/,
    },
    {
      lie: "a listing breaks off, each time",
      faults: [{ kind: "broken", at: "/d1", keep: 3 }],
      status: 1,
      says: /d1/,
    },
    {
      lie: "the root is gone",
      faults: [refusal(LOOKING, "/", "550 No such directory")],
      status: 1,
      says: /source: (MLSD|LIST) in \/: 550 No such directory/,
    },
  ])("$lie", async ({ faults, status: expected, says }) => {
    await start(form);
    for (const fault of faults) source.fault(fault);
    const ended = await mirror();
    const { status, err, summary } = ended;
    expect(deletions(), err).toBe(0);
    for (const path of EXTRAS) expect(target.tree.find(path)).toBeDefined();
    expect(reasons(ended)).toMatch(says);
    expect(status).toBe(expected);
    expect(summary).toMatchObject({ files: { deleted: 0 } });
  });

  test("it is gone, or goes midway", async () => {
    await start(form);
    await source.leave();
    const gone = await mirror();
    expect(gone.err).toMatch(/^fxpd: source: cannot connect/);
    expect(gone.status).toBe(3);
    await source.comeBack();
    source.fault({ kind: "late", verbs: ["MLSD", "LIST"], at: "/d2", until: () => source.leave() });
    const { status, err } = await mirror();
    expect(deletions(), err).toBe(0);
    expect([1, 3]).toContain(status);
    for (const path of EXTRAS) expect(target.tree.find(path)).toBeDefined();
  });

  test("while it refuses a directory, the target has time to list its own; nobody takes the connection away", async () => {
    await start(form);
    source.fault(refusal(LOOKING, "/d3", "550 Permission denied"));
    // Whoever goes on before that is seen to; whoever does not is waited for half a second.
    const until = async () => {
      const goesOn = () => source.commands.some((line) => /^CWD \/d[45]$/.test(line));
      for (let waited = 0; waited < 500 && !goesOn(); waited += 1)
        await new Promise((resolve) => setTimeout(resolve, 1));
    };
    target.fault({ kind: "late", verbs: ["CWD"], at: "/d3", until });
    const ended = await mirror("--parallel", "1");
    expect(ended.events.filter(({ event }) => event === "fault").map(({ path }) => path)).toEqual([
      "source:/d3",
    ]);
    expect(ended.summary).toMatchObject({ files: { kept: 50, deleted: 0, failed: 1 } });
  });

  test("a listing that is cut once is asked for again, and none of the two is believed", async () => {
    await start(form);
    source.fault({ kind: "cut", at: "/d3", keep: 0, times: 1 });
    source.fault({ kind: "cut", at: "/d5", keep: 5, times: 1 });
    const ended = await mirror();
    expect(deletions()).toBe(0);
    expect(ended.status).toBe(1);
    expect(reasons(ended)).toMatch(/d3: two listings of the same directory disagree: 0 entries, then 10$/m);
    expect(reasons(ended)).toMatch(/d5: two listings of the same directory disagree: 5 entries, then 10$/m);
    const next = await mirror();
    expect(next.summary).toMatchObject({ outcome: "succeeded", files: { kept: 60, deleted: 2, copied: 0 } });
  });
});

describe("promise 4, the source is asked for what its listing lacks", () => {
  /** One file of ten is hidden in one directory, whatever may be deleted. */
  const hide = (times?: number) =>
    source.fault({ kind: "cut", at: "/d3", keep: 9, ...(times === undefined ? {} : { times }) });

  test.each(FORMS)("and a file that is hidden each time stays, while others go (%s)", async (form) => {
    await start(form);
    hide();
    const ended = await mirror("--max-delete", "100%");
    expect(ended.status).toBe(1);
    expect(reasons(ended)).toMatch(
      /target:\/d3\/.*the source still has it, although a listing of the source did not show it/,
    );
    expect(ended.summary).toMatchObject({ outcome: "partial", files: { deleted: 2, failed: 1 } });
    expect(target.tree.find("/d3")).toBeDefined();
    expect(deletions()).toBe(2);
    // For each deletion a question, and none for what stays.
    const isQuestion = (line: string) => /^(MLST|SIZE) \/.*(extra|f\d+\.bin)$/.test(line);
    expect(source.commands.filter(isQuestion)).toHaveLength(3);
  });

  test("and where it knows no such command, it is listed twice more, on two connections", async () => {
    await start("lines");
    source.fault({
      kind: "refusal",
      verbs: ["SIZE", "MDTM", "MLST"],
      at: "/",
      below: true,
      reply: "502 not here",
    });
    const ended = await mirror();
    expect(ended.summary, ended.err).toMatchObject({
      outcome: "succeeded",
      files: { deleted: 2, failed: 0 },
    });
    expect(source.count("LIST")).toBe(6 + 2 * 2);
  });

  test("and a question that is refused for another reason permits nothing", async () => {
    for (const reply of ["450 busy", "550 Permission denied", "530 log in", "553 name not allowed"]) {
      await start("facts");
      source.fault({ kind: "refusal", verbs: ["MLST"], at: "/d2/extra", reply });
      const ended = await mirror();
      expect(ended.status, reply).toBe(1);
      expect(target.tree.find("/d2/extra"), reply).toBeDefined();
      expect(target.tree.find("/extra"), reply).toBeUndefined();
      for (const one of [source, target, desk]) await one[Symbol.asyncDispose]();
    }
    await start("facts");
  });
});

describe.each(FORMS)("a target that lies (%s)", (form) => {
  test.each<{ lie: string; faults: readonly Fault[] }>([
    { lie: "busy", faults: [refusal(LOOKING, "/d2", "450 not now")] },
    { lie: "forbidden", faults: [refusal(LOOKING, "/d2", "550 Permission denied")] },
  ])("has nothing deleted while a directory is $lie, and the rest is done", async ({ faults }) => {
    await start(form);
    for (const fault of faults) target.fault(fault);
    target.tree.removeFile("/d3/f3.bin");
    const { status, err, summary } = await mirror();
    expect(summary, err).toMatchObject({ outcome: "partial", files: { copied: 1, deleted: 0 } });
    expect(status).toBe(1);
    expect(target.count("DELE", "RMD")).toBe(0);
    expect(target.tree.find("/extra")).toBeDefined();
  });

  test("a full disk ends all copying at once, and nothing is deleted", async () => {
    await start(form);
    for (const directory of ["/d1", "/d2", "/d3", "/d4"]) {
      for (const { name } of target.tree.list(directory) ?? [])
        target.tree.removeFile(`${directory}/${name}`);
    }
    target.fault({ kind: "full", octets: 0 });
    const { status, err } = await mirror("--parallel", "2");
    expect(status).toBe(1);
    expect(err).toMatch(/452 no room/);
    expect(target.count("STOR")).toBeLessThanOrEqual(4);
    expect(target.count("DELE", "RMD")).toBeLessThanOrEqual(target.count("STOR"));
    expect(target.tree.find("/extra")).toBeDefined();
  });
});
