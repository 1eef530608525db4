import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { type RunningServer, startServers } from "../servers/index.ts";
import { POLICY } from "../support/pair.ts";
import { ftp, run, memoryJournal } from "../support/source-after-scene.ts";

const local: Place = {
  ...{ key: "local", name: "local", at: (path: string) => path, limit: Number.POSITIVE_INFINITY },
  connect: () => new LocalSide(),
};

describe("real servers", () => {
  let started: Awaited<ReturnType<typeof startServers>>;
  let [vsftpd, proftpd, pyftpdlib]: RunningServer[] = [];
  let here: string;
  beforeAll(async () => {
    started = await startServers([{ family: "vsftpd" }, { family: "proftpd" }, { family: "pyftpdlib" }]);
    [vsftpd, proftpd, pyftpdlib] = started.servers;
    here = await mkdtemp(join(tmpdir(), "fxpd-after-"));
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
    await rm(here, { recursive: true });
  });

  async function grown(root: string, name: string) {
    await mkdir(join(root, name, "sub"), { recursive: true });
    for (const file of ["a", "b", "sub/c"]) await writeFile(join(root, name, file), `this is ${file}`);
    // The servers' users delete there.
    for (const directory of ["", "sub"]) await chmod(join(root, name, directory), 0o777);
  }
  const filesIn = async (directory: string) =>
    (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((one) => one.isFile())
      .map(({ name }) => name)
      .sort();

  test.each(["third party", "relay", "upload", "download", "same server"])("a move by %s", async (way) => {
    if (vsftpd === undefined || proftpd === undefined) throw new Error("no servers");
    const name = way.replace(" ", "-");
    const [from, fromRoot] =
      way === "upload"
        ? [local, here]
        : way === "same server"
          ? [ftp("p", proftpd), proftpd.root]
          : [ftp("v", vsftpd), vsftpd.root];
    const [to, toRoot] =
      way === "download" ? [local, here] : [ftp(way === "same server" ? "p" : "q", proftpd), proftpd.root];
    await grown(fromRoot, name);
    const [pattern, target] = [
      way === "upload" ? join(here, name, "**") : `${name}/**`,
      way === "download" ? join(here, "got") : `got-${name}`,
    ];
    const fxp = way === "relay" ? "never" : "prefer";
    const transfer = { ...POLICY, fxp } as const;
    const { summary } = await run(from, pattern, to, target, { transfer });
    expect(summary).toMatchObject({ outcome: "succeeded", sourceAfter: { done: 3 } });
    expect(await filesIn(join(fromRoot, name))).toEqual([]);
    const got = way === "download" ? target : join(toRoot, target);
    expect(await filesIn(got)).toEqual(["a", "b", "c"]);
    expect(await readFile(join(got, "sub/c"), "utf8")).toBe("this is sub/c");
  });

  test.each(["copied now", "known to be copied"])(
    "a source that is its own target by another way is still there: %s",
    async (how) => {
      if (vsftpd === undefined) throw new Error("no servers");
      const name = how.replaceAll(" ", "-");
      await grown(vsftpd.root, name);
      const file = join(vsftpd.root, name, "a");
      const { size: sizeBytes, mtimeMs: modifiedMs } = await stat(file);
      const journal = memoryJournal();
      const same = { sizeBytes, modifiedMs };
      if (how !== "copied now") journal.note({ target: file, source: same, stored: same });
      const { summary, transfers } = await run(ftp("v", vsftpd), `${name}/a`, local, file, { journal });
      expect(summary).toMatchObject({ outcome: "partial", files: { failed: 1 } });
      if (how !== "copied now") expect(transfers[0]?.because).toMatch(/source and target are the same file/);
      expect(await readdir(join(vsftpd.root, name))).toEqual(["a", "b", "sub"]);
      expect(await readFile(file, "utf8")).toBe("this is a");
    },
  );

  test("what a hidden link leads to is copied, and left", async () => {
    if (pyftpdlib === undefined) throw new Error("no servers");
    await grown(pyftpdlib.root, "linked");
    await grown(pyftpdlib.root, "outside");
    await symlink("../outside", join(pyftpdlib.root, "linked/way"));
    const { summary, transfers } = await run(ftp("y", pyftpdlib), "linked/**", local, join(here, "linked"));
    expect(summary).toMatchObject({ outcome: "partial" });
    expect(transfers.find(({ outcome }) => outcome === "partial")?.because).toMatch(
      /linked\/way is a symbolic link/,
    );
    expect(await filesIn(join(pyftpdlib.root, "linked"))).toEqual([]);
    expect(await filesIn(join(pyftpdlib.root, "outside"))).toEqual(["a", "b", "c"]);
  });
});
