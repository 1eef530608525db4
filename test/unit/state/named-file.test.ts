import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";
import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { namedFile, NamedOutput } from "../../../src/state/named-file.ts";
import { planFile } from "../../../src/state/plans/plans.ts";

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-named-"));
  file = join(directory, "out");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("a file that a person has named", () => {
  test("is replaced as a whole, at the beginning and at the end, and keeps its mode", async () => {
    await writeFile(file, "old");
    await chmod(file, 0o664);
    const output = new NamedOutput(file);
    output.begin("begun");
    expect(readFileSync(file, "utf8")).toBe("begun");
    output.end("ended");
    expect(readFileSync(file, "utf8")).toBe("ended");
    expect((await stat(file)).mode & 0o777).toBe(0o664);
    expect(await readdir(directory)).toEqual(["out"]);
  });

  test("is made as any other program makes one", async () => {
    new NamedOutput(file).end("new");
    expect((await stat(file)).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test("may be a link, which stays, to a file that is written", async () => {
    await writeFile(file, "old");
    const link = join(directory, "link");
    await symlink("out", link);
    new NamedOutput(link).end("new");
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, "utf8")).toBe("new");
  });

  test("may be a pipe, which stays, and gets what comes at the end alone", async () => {
    execFileSync("mkfifo", [file]);
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const output = new NamedOutput(file);
    output.begin("begun");
    output.end("ended");
    const bytes = Buffer.alloc(100);
    expect(bytes.toString("latin1", 0, readSync(reader, bytes))).toBe("ended");
    closeSync(reader);
    expect((await lstat(file)).isFIFO()).toBe(true);
    expect(() => new NamedOutput(file)).toThrow("cannot be written");
  });

  test("is no directory, and not standard output", () => {
    expect(() => new NamedOutput(directory)).toThrow(`${directory}: is a directory`);
    expect(() => namedFile("-")).toThrow("standard output has the lines of the command");
    expect(namedFile("/dev/null")).toBeUndefined();
  });

  test("may be a link that a plan is written to, and no pipe", async () => {
    await writeFile(file, "old");
    const link = join(directory, "link");
    await symlink("out", link);
    const head = { command: "mirror", source: "a:/", target: "b:/" } as never;
    const plan = planFile(link, head);
    plan.end({} as never);
    plan.close();
    expect(await readFile(file, "utf8")).toContain("sha256");
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    await rm(file);
    execFileSync("mkfifo", [file]);
    expect(() => planFile(file, head)).toThrow("is not a regular file");
  });
});
