import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fxpdFrom } from "../support/in-process.ts";

let work: string;

const JOB = `
copy: {from: "archive:/pub/**", to: edge:/pub}
rules: [{include: "re:^keep/"}]
exclude: ["*.tmp", "incoming/**"]
rulesFrom: more.txt
`;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-filter-"));
  for (const directory of ["config/hosts", "jobs", "files"])
    await mkdir(join(work, directory), { recursive: true });
  await writeFile(join(work, "jobs/nightly.yaml"), JOB);
  await writeFile(
    join(work, "jobs/sized.yaml"),
    "mirror: {from: archive:/pub, to: edge:/pub}\nexclude: ['*.tmp']\nmaxSize: 10k\nnewerThan: 7d\n",
  );
  await writeFile(join(work, "jobs/more.txt"), "# more\n- cache/\n");
  await writeFile(join(work, "said.txt"), "+ said/*\n- *.bak\n");
  await writeFile(join(work, "faulty.txt"), "- ok\nexclude b\n");
  for (const name of ["a.iso", "b.txt", "c.tmp"]) await writeFile(join(work, "files", name), name);
});

afterAll(() => rm(work, { recursive: true, force: true, maxRetries: 5 }));

const fxpd = (args: readonly string[], input: string | Buffer = "") =>
  fxpdFrom(work, { FXPD_STATE: join(work, "state") }, args, input);

const filter = (...args: readonly string[]) => fxpd(["filter", ...args]);

describe("fxpd filter", () => {
  test("says of each path whether it is wanted, and by which rule", async () => {
    const { status, out, err } = await filter(
      "--job",
      "nightly",
      "a.iso",
      "b/x.tmp",
      "keep/x.tmp",
      "incoming/",
    );
    expect({ status, err }).toEqual({ status: 1, err: "" });
    expect(out.split("\n")).toEqual([
      "+ a.iso  no rule matches",
      "- b/x.tmp  exclude *.tmp (rule 2 of jobs/nightly.yaml)",
      "+ keep/x.tmp  include re:^keep/ (rule 1 of jobs/nightly.yaml)",
      "+ incoming/  include re:^keep/ (rule 1 of jobs/nightly.yaml) may match something in it",
      "",
    ]);
  });

  test("asks the rules of the command line first, then the job's, then those of files", async () => {
    const paths = ["x.tmp", "y.tmp", "said/z.bak", "z.bak", "cache/a"];
    const { out } = await filter(
      "--include",
      "x.tmp",
      "--job",
      "nightly",
      "--filter-from",
      "said.txt",
      ...paths,
    );
    expect(out.split("\n")).toEqual([
      "+ x.tmp  include x.tmp (rule 1 of the command line)",
      "- y.tmp  exclude *.tmp (rule 2 of jobs/nightly.yaml)",
      "+ said/z.bak  include said/* (said.txt:1)",
      "- z.bak  exclude *.bak (said.txt:2)",
      expect.stringMatching(/^- cache\/a {2}exclude cache\/ \(.*jobs\/more\.txt:2\) excludes cache\/$/),
      "",
    ]);
  });

  test("without a rule all is wanted, and that is success", async () => {
    expect(await filter("a", "./b/")).toEqual({
      status: 0,
      out: "+ a  no rule matches\n+ b/  no rule matches\n",
      err: "",
    });
    expect(await filter("-q", "--exclude", "a", "a")).toEqual({ status: 1, out: "", err: "" });
  });

  test("for programs: one object a line, the summary last", async () => {
    const { status, out } = await filter("--json", "--exclude", "*.tmp", "--include", "a", "a", "b.tmp", "c");
    const events = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(status).toBe(1);
    expect(events.every(({ at }) => typeof at === "string")).toBe(true);
    const from = "rule 1 of the command line";
    expect(events).toMatchObject([
      {
        event: "ruling",
        path: "a",
        wanted: true,
        rule: { include: "a", from: "rule 2 of the command line" },
      },
      { event: "ruling", path: "b.tmp", wanted: false, rule: { exclude: "*.tmp", from } },
      { event: "ruling", path: "c", wanted: true, because: "no rule matches", rule: null },
      { event: "summary", outcome: "partial", wanted: 2, leftOut: 1 },
    ]);
  });

  test("reads paths from standard input, whatever their octets", async () => {
    const input = Buffer.from("./a.tmp\nb/\nna\u00efve\ncaf\xe9.tmp\n", "latin1");
    const { status, out } = await fxpd(["filter", "--exclude", "*.tmp", "first", "-"], input);
    expect(status).toBe(1);
    expect(out.split("\n").map((line) => line.split("  ")[0])).toEqual([
      "+ first",
      "- a.tmp",
      "+ b/",
      "+ na\\xefve",
      "- caf\\xe9.tmp",
      "",
    ]);
  });

  test.each([
    [["--filter-from", "faulty.txt", "a"], /^fxpd: faulty\.txt:2: expected \+ GLOB, - GLOB or # COMMENT\n$/],
    [["--filter-from", "none.txt", "a"], /^fxpd: none\.txt: cannot be read: no such file/],
    [
      ["--exclude", "re:(", "a"],
      /^fxpd: rule 1 of the command line: "re:\(" is not a valid regular expression/,
    ],
    [["/pub/a"], /^fxpd: "\/pub\/a" is not a path below the source directory/],
    [["a/../b"], /^fxpd: "a\/\.\.\/b" is not a path/],
    [["--job", "nihgtly", "a"], /^fxpd: no such job: nihgtly .*; did you mean nightly\?/],
    [[], /missing required argument 'paths'/],
  ])("%j is wrong input", async (args, sentence) => {
    const { status, out, err } = await filter(...args);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(sentence);
  });
});

describe("rules of files", () => {
  test("hold for a copy too", async () => {
    const args = ["copy", "--json", "--include", "b.*", "--filter-from", "only.txt", "./files/*", "./there/"];
    await writeFile(join(work, "only.txt"), "+ *.iso\n- *\n");
    const { status, out } = await fxpd(args);
    expect(status).toBe(0);
    const targets = [...out.matchAll(/"event":"transfer".*?"target":"([^"]*)"/g)].map(([, target]) => target);
    expect(targets.map((target) => target?.split("/").at(-1)).sort()).toEqual(["a.iso", "b.txt"]);
  });

  test("and for a job, where check reads them", async () => {
    const job =
      'copy: {from: "./files/**", to: ./from-job/}\nrulesFrom:\n  - ../only-iso.txt\n  - ../faulty.txt\n';
    await writeFile(join(work, "only-iso.txt"), "+ *.iso\n- *\n");
    await mkdir(join(work, "other"));
    await writeFile(join(work, "other/files.yaml"), job);
    const checked = await fxpd(["check", "--jobs", "other"]);
    expect(checked.status).toBe(2);
    expect(checked.err).toMatch(
      /^other\/files\.yaml:4:5: rulesFrom\.1: .*faulty\.txt:2: expected \+ GLOB, - GLOB or # COMMENT\n$/,
    );
    await writeFile(join(work, "other/files.yaml"), job.replace("  - ../faulty.txt\n", ""));
    expect((await fxpd(["check", "--jobs", "other"])).status).toBe(0);
    const { status, out } = await fxpd(["run", "--json", "--include", "c.tmp", "--jobs", "other", "files"]);
    expect(status).toBe(0);
    expect(out).toMatch(/"copied":2,/);
  });
});

test("rules that would take exponential time are compared with hostile names at once, and too many are refused", async () => {
  const poison = await fxpd(["filter", "--exclude", "re:^(a+)+$", `${"a".repeat(200)}!`]);
  expect(poison).toMatchObject({ status: 0, err: "" });
  const many = Array.from({ length: 100 }, (_, index) => ["--exclude", `${index}{1..999}`]).flat();
  const { status, err } = await fxpd(["filter", ...many, "a"]);
  expect(err).toMatch(
    /rule 11 of the command line: the rules and patterns together have more than 10000 patterns/,
  );
  expect(status).toBe(2);
});

test("a job that also asks for sizes and ages: a name alone does not decide", async () => {
  const { status, out } = await fxpd(["filter", "--job", "sized", "a.iso", "b.tmp", "d/"]);
  expect(out.trimEnd().split("\n")).toEqual([
    "? a.iso  no rule matches; the job's newerThan, maxSize may still leave it out",
    expect.stringMatching(/^- b\.tmp/),
    expect.stringMatching(/^\+ d\/ /),
  ]);
  expect(status).toBe(1);
});
