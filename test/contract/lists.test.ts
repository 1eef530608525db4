import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fxpdFrom } from "../support/in-process.ts";

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-lists-"));
  for (const [side, names] of [
    ["from", ["a", "sub/b", "sub/c", "d"]],
    ["to", ["old", "other", "sub/e", "sub/f"]],
  ] as const) {
    await mkdir(join(work, side, "sub"), { recursive: true });
    for (const name of names) await writeFile(join(work, side, name), `${side} ${name}`);
  }
  await mkdir(join(work, "jobs"));
});
afterEach(() => rm(work, { recursive: true, force: true, maxRetries: 5 }));

function fxpd(args: readonly string[], input = "") {
  const own = { FXPD_STATE: join(work, "state"), FXPD_CONFIG: work, FXPD_JOBS: join(work, "jobs") };
  return fxpdFrom(work, own, args, input);
}

const at = async (side: string) =>
  (await readdir(join(work, side), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(work.length + side.length + 2))
    .sort();

test("a mirror of a list copies and deletes files of the list, and nothing else", async () => {
  const mirror = ["mirror", "--files-from", "-", "--delete", "--max-delete", "100%", "./from", "./to"];
  const { err, status } = await fxpd(mirror, "a\nsub/b\nold\nsub/e\n");
  expect(err).toBe("");
  expect(status).toBe(0);
  expect(await at("to")).toEqual(["a", "other", "sub/b", "sub/f"]);
});

test("without --delete, a name that the source has not is a failure, and goes into the list of what is left", async () => {
  const mirror = ["mirror", "--files-from", "-", "--failed-to", "left", "./from", "./to"];
  const { err, status } = await fxpd(mirror, "a\nold\n");
  expect(err).toBe("fxpd: ./from/old: is in the list, but no file of this name was found\n");
  expect(status).toBe(1);
  expect(await at("to")).toEqual(["a", "old", "other", "sub/e", "sub/f"]);
  expect(await readFile(join(work, "left"), "utf8")).toBe("old\n");
});

test.each(["copy", "move", "mirror"])(
  "a directory in a list is a failure of its own: %s",
  async (command) => {
    const { err, status } = await fxpd([command, "--files-from", "-", "./from", "./new"], "a\nsub/\nsub\n");
    expect({ err, status }).toEqual({
      err: "fxpd: ./from/sub: is in the list, but is a directory\n",
      status: 1,
    });
    expect(await at("new")).toEqual(["a"]);
  },
);

test.each([
  ["copy", [], "new"],
  ["move", [], "new"],
  ["mirror", [], "new"],
  ["mirror", [], "to"],
  ["mirror", ["--delete", "--max-delete", "100%"], "to"],
  ["mirror", ["--index"], "to"],
])(
  "so it is if the list has files of it too, which are still copied: %s %j to %s",
  async (command, options, to) => {
    const args = [command, ...options, "--files-from", "-", "--failed-to", "left", "./from", `./${to}`];
    // A mirror fails again when there is nothing left to copy.
    for (let times = command === "mirror" ? 2 : 1; times > 0; times -= 1) {
      const { err, status } = await fxpd(args, "sub\nsub/b\n");
      expect({ err, status }).toEqual({
        err: "fxpd: ./from/sub: is in the list, but is a directory\n",
        status: 1,
      });
      expect(await at(to)).toContain("sub/b");
      expect(await readFile(join(work, "left"), "utf8")).toBe("sub\n");
    }
  },
);

test("a directory at the target in the place of a listed file makes way for it, with --delete", async () => {
  await mkdir(join(work, "to", "a"));
  const mirror = ["mirror", "--files-from", "-", "--max-delete", "100%", "./from", "./to"];
  expect(await fxpd(mirror, "a\nd\n")).toMatchObject({
    err: "fxpd: ./to/a: a directory exists at the target and would have to be replaced; use --delete to allow that\n",
    status: 1,
  });
  expect(await fxpd([...mirror, "--delete"], "a\nd\nold\n")).toMatchObject({ err: "", status: 0 });
  expect(await at("to")).toEqual(["a", "d", "other", "sub/e", "sub/f"]);
});

test("it stays if something is in it that is not in the list", async () => {
  await mkdir(join(work, "to", "a"));
  await writeFile(join(work, "to", "a", "kept"), "");
  const mirror = ["mirror", "--files-from", "-", "--max-delete", "100%", "--delete", "./from", "./to"];
  const { err, status } = await fxpd(mirror, "a\nd\n");
  expect({ err, status }).toEqual({
    err: "fxpd: ./to/a: an existing entry had to be removed first and could not be\n",
    status: 1,
  });
  expect(await at("to")).toEqual(["a/kept", "d", "old", "other", "sub/e", "sub/f"]);
});

test.each([{ options: [] }, { options: ["--delete", "--max-delete", "100%"] }])(
  "a file at the target that is not in the list stays in the place of a directory of listed files: $options",
  async ({ options }) => {
    await rm(join(work, "to", "sub"), { recursive: true });
    await writeFile(join(work, "to", "sub"), "");
    const mirror = ["mirror", "--files-from", "-", ...options, "./from", "./to"];
    const { err, status } = await fxpd(mirror, "a\nsub/b\n");
    expect(err).toContain("sub: at the target there is no directory but another entry of this name");
    expect(err).not.toContain("no file of this name was found");
    expect(status).toBe(1);
    expect(await at("to")).toEqual(["a", "old", "other", "sub"]);
  },
);

test("with --delete, a directory that only the target has stays, although the list has its name", async () => {
  await mkdir(join(work, "to", "gone"));
  const mirror = ["mirror", "--files-from", "-", "--max-delete", "100%", "--delete", "./from", "./to"];
  expect(await fxpd(mirror, "a\ngone\nold\n")).toMatchObject({ err: "", status: 0 });
  expect(await readdir(join(work, "to"))).toEqual(["a", "gone", "other", "sub"]);
});

describe("a listed file below the name of a file at the source that is not in the list", () => {
  beforeEach(async () => {
    await writeFile(join(work, "from", "b"), "a file");
    await mkdir(join(work, "to", "b"));
    await writeFile(join(work, "to", "b", "x"), "listed");
  });
  const mirror = ["mirror", "--files-from", "-", "--max-delete", "100%", "./from", "./to"];

  test("is deleted with --delete; the directory that it was in stays, as the list does not name it", async () => {
    const others = ["other", "old", "sub/e", "sub/f"].sort();
    expect(await fxpd([...mirror, "--delete"], "b/x\n")).toMatchObject({ err: "", status: 0 });
    expect(await at("to")).toEqual(others);
    expect(await readdir(join(work, "to"))).toContain("b");
    expect(await fxpd([...mirror, "--delete"], "b/x\n")).toMatchObject({ err: "", status: 0 });
  });

  test("and nothing else in that directory is", async () => {
    await mkdir(join(work, "to", "b", "y"));
    for (const name of ["kept", "y/kept"]) await writeFile(join(work, "to", "b", name), "");
    expect(await fxpd([...mirror, "--delete"], "b/x\n")).toMatchObject({ err: "", status: 0 });
    expect(await at("to")).toEqual(["b/kept", "b/y/kept", "old", "other", "sub/e", "sub/f"]);
  });

  test("a plan deletes it as well", async () => {
    const lines = await fxpd([...mirror, "--delete", "--plan", "plan"], "b/x\n");
    expect(lines).toMatchObject({ err: "", status: 0 });
    expect(await fxpd(["mirror", "--apply", "plan", "./from", "./to"])).toMatchObject({ err: "", status: 0 });
    expect(await at("to")).toEqual(["old", "other", "sub/e", "sub/f"]);
  });

  test("without --delete it stays, and is a failure", async () => {
    expect(await fxpd(mirror, "b/x\n")).toMatchObject({
      err: "fxpd: ./from/b/x: is in the list, but no file of this name was found\n",
      status: 1,
    });
    expect(await at("to")).toContain("b/x");
  });

  test("if the list names the file too, the directory makes way for it", async () => {
    expect(await fxpd([...mirror, "--delete"], "b\nb/x\n")).toMatchObject({ err: "", status: 0 });
    expect(await at("to")).toContain("b");
  });
});

test("a directory that only the target has is no file of the list", async () => {
  await mkdir(join(work, "to", "gone"));
  const { err, status } = await fxpd(["mirror", "--files-from", "-", "./from", "./to"], "a\ngone\n");
  expect({ err, status }).toEqual({
    err: "fxpd: ./from/gone: is in the list, but no file of this name was found\n",
    status: 1,
  });
});

test("a job has a list of its own or in a file, which one on the command line replaces", async () => {
  await writeFile(
    join(work, "jobs", "inline.yaml"),
    "copy: {from: ./from, to: ./out/}\nfiles: [a, {from: d, to: x/d2}]\n",
  );
  await writeFile(
    join(work, "jobs", "file.yaml"),
    "mirror: {from: ./from, to: ./out}\nfilesFrom: list\nfrom0: true\n",
  );
  await writeFile(join(work, "jobs", "list"), "sub/c\0");
  expect((await fxpd(["run", "inline"])).status).toBe(0);
  expect(await at("out")).toEqual(["a", "x/d2"]);
  expect((await fxpd(["run", "file"])).status).toBe(0);
  expect(await at("out")).toEqual(["a", "sub/c", "x/d2"]);
  expect((await fxpd(["run", "file", "--files-from", "-"], "sub/b\n")).status).toBe(0);
  expect(await at("out")).toEqual(["a", "sub/b", "sub/c", "x/d2"]);
});

test("a list that does not go with the rest is refused before anything is done", async () => {
  for (const [args, because] of [
    [
      ["mirror", "--files-from", "-", "./from", "./out"],
      'a mirror keeps names, so "a" cannot become "b"; use a copy',
    ],
    [
      ["copy", "--files-from", "-", "./from/*", "./out/"],
      "a list of files needs exactly one source, a directory without wildcards",
    ],
  ] as const) {
    const { err, status } = await fxpd(args, "a\tb\n");
    expect(err).toBe(`fxpd: ${because}\n`);
    expect(status).toBe(2);
  }
  expect(await readdir(work)).not.toContain("out");
});
