import { lchown, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parsePattern } from "../../src/copy/glob.ts";
import { TreeMeter } from "../../src/copy/limits.ts";
import { makeDirectory, setPermissions, touch } from "../../src/files/change.ts";
import { planRemoval, RemovalCeiling, Remover } from "../../src/files/removal.ts";
import { rename } from "../../src/files/rename.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { Retrier } from "../../src/transfer/retrier.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { FAMILIES, startServers } from "../servers/index.ts";
import { settingsFor } from "../support/settings.ts";

// What mkdir, touch, chmod, mv and rm rely on a server for.

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers(FAMILIES.map((family) => ({ family })));
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

function scene(index: number) {
  const server = started.servers[index];
  if (server === undefined) throw new Error(`no server ${index}`);
  const side = new FtpSide(settingsFor("edge", server), { clock: systemClock });
  const looking = {
    side,
    retrier: new Retrier({ retries: 1 }, { clock: systemClock, chance: () => 0 }),
    meter: new TreeMeter(),
    signal: AbortSignal.timeout(20_000),
  };
  const at = (path: string) => join(server.root, path);
  /** Files of the account that the server works as. */
  const plant = async (...names: readonly string[]) => {
    const { uid, gid } = await stat(server.root);
    for (const name of names) {
      await writeFile(at(name), name);
      await lchown(at(name), uid, gid);
    }
  };
  const directory = (path: string) => side.makeDirectory(path, looking.signal);
  return { looking, side, at, plant, directory };
}

const shown = (path: string) => `edge:${path}`;
const RENAMING = { isInto: false, isForced: false, isDryRun: false };

describe.each(FAMILIES.map((family, index) => ({ family, index })))("$family", ({ family, index }) => {
  test("makes directories, files, times and modes, and says what exists or is missing", async () => {
    const { looking, side, at, plant } = scene(index);
    await expect(makeDirectory(looking, "m/n", false, shown)).rejects.toThrow(
      "the directory edge:m does not exist; use -p",
    );
    expect(await makeDirectory(looking, "m/n/o p", true, shown)).toBe(true);
    expect(await makeDirectory(looking, "m/n/o p", true, shown)).toBe(false);
    await expect(makeDirectory(looking, "m/n", false, shown)).rejects.toThrow("edge:m/n: already exists");
    const touching = { atMs: Date.UTC(2020, 1, 2, 3, 4, 5), isGiven: true, creates: true };
    expect(await touch(looking, "m/none", { ...touching, creates: false })).toBe("absent");
    expect(await touch(looking, "m/new", touching)).toBe("created");
    expect((await stat(at("m/new"))).mtimeMs).toBe(touching.atMs);
    await plant("m/full");
    expect(await touch(looking, "m/full", touching)).toBe("touched");
    expect(await readFile(at("m/full"), "utf8")).toBe("m/full");
    const changing = setPermissions(looking, "m/full", 0o640);
    if (family === "vsftpd") await expect(changing).rejects.toThrow("SITE CHMOD 640");
    else {
      await changing;
      expect((await stat(at("m/full"))).mode & 0o777).toBe(0o640);
    }
    await side.close();
  });

  test("says which file is in the way of a directory, whichever part of the path it is", async () => {
    const { looking, side, at, directory, plant } = scene(index);
    await directory("w");
    await plant("w/file");
    const there = "edge: w/file: is a file, not a directory; rename or delete it, or choose another target";
    for (const path of ["w/file", "w/file/", "w/file/below", "w/file/deep/below"])
      await expect(directory(path), path).rejects.toThrow(there);
    await expect(makeDirectory(looking, "w/file/deep/below", true, shown)).rejects.toThrow(there);
    await expect(makeDirectory(looking, "w/file/below", false, shown)).rejects.toThrow(
      "edge:w/file: is a file, not a directory",
    );
    await plant("w/other");
    await expect(
      rename(looking, { from: "w/other", to: "w/file", ...RENAMING, isInto: true }, shown),
    ).rejects.toThrow("edge:w/file: is a file, not a directory");
    for (const isDryRun of [false, true])
      for (const [to, because] of [
        ["w/file/x", "edge:w/file: is a file, not a directory"],
        ["w/file/deep/x", "edge:w/file: is a file, not a directory"],
        ["w/none/x", "edge:w/none: no such directory"],
      ] as const)
        await expect(
          rename(looking, { from: "w/other", to, ...RENAMING, isDryRun }, shown),
          `${to} ${isDryRun}`,
        ).rejects.toThrow(because);
    expect(await readFile(at("w/other"), "utf8")).toBe("w/other");
    await side.close();
  });

  test("renames, into directories too, and replaces a file only when that is asked for", async () => {
    const { looking, side, at, plant, directory } = scene(index);
    await directory("r/into");
    await plant("r/one", "r/two", "r/three");
    const move = (from: string, to: string, more: object = {}) =>
      rename(looking, { from, to, ...RENAMING, ...more }, shown);
    expect(await move("r/three", "r/into")).toBe("r/into/three");
    await expect(move("r/one", "r/two")).rejects.toThrow("edge:r/two already exists; use --force");
    expect(await readFile(at("r/two"), "utf8")).toBe("r/two");
    await expect(move("r/none", "r/two", { isForced: true })).rejects.toThrow("edge:r/none: no such file");
    await expect(move("r/one", "r/nowhere/")).rejects.toThrow("edge:r/nowhere: no such directory");
    await expect(move("r/into", "r/into/deeper")).rejects.toThrow("cannot be moved into itself");
    expect(await move("r/one", "r/two", { isForced: true })).toBe("r/two");
    expect(await readFile(at("r/two"), "utf8")).toBe("r/one");
    expect(existsSync(at("r/one"))).toBe(false);
    await side.close();
  });

  test("removes a tree with names of all kinds, and follows no link out of it", async () => {
    const { looking, side, at, plant, directory } = scene(index);
    await directory("d/sub dir");
    await directory("outside");
    await plant("outside/kept", "d/a b", "d/[x]", "d/.hidden", "d/sub dir/é");
    await symlink(at("outside"), at("d/link"));
    await symlink(at("outside"), at("alias"));
    const remove = async (path: string) => {
      const pattern = parsePattern(path);
      const options = { isRecursive: true, isForced: false };
      const plan = await planRemoval(pattern, shown(path), options, looking, new RemovalCeiling(100));
      const remover = new Remover(looking);
      for (const removal of plan) await remover.carryOut(removal);
    };
    await remove("d");
    expect(existsSync(at("d"))).toBe(false);
    await remove("alias");
    expect(existsSync(at("alias"))).toBe(false);
    expect(await readFile(at("outside/kept"), "utf8")).toBe("outside/kept");
    for (const path of ["/", "", "."])
      await expect(remove(path)).rejects.toMatchObject({ code: "safeguard" });
    await side.close();
  });
});
