import { existsSync } from "node:fs";
import {
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Place } from "../../src/batch/pool.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import { TreeMeter } from "../../src/copy/limits.ts";
import { planRemoval, RemovalCeiling, Remover } from "../../src/files/removal.ts";
import { applyPlan } from "../../src/mirror/apply.ts";
import type { PlannedAction } from "../../src/mirror/decide/planned.ts";
import { mirror } from "../../src/mirror/mirror.ts";
import { restore } from "../../src/mirror/restore.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { Retrier } from "../../src/transfer/retrier.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { type Asked, mirrorRequest, quickClock } from "../support/mirror-scene.ts";
import { settingsFor } from "../support/settings.ts";
import { treeServer, type TreeServerOptions } from "../support/tree-server.ts";

// Some servers list a symbolic link to a directory as a directory. What it leads to is not ours to delete.

const MODIFIED = new Date(Date.UTC(2020, 1, 2, 2, 2, 2));
const OUTSIDE = ["kept", "sub/deep"];

let source: string;
beforeAll(async () => {
  source = await mkdtemp(join(tmpdir(), "fxpd-links-"));
  await mkdir(join(source, "both"));
  for (const name of ["a", "both/a", "moved"]) {
    await writeFile(join(source, name), name === "moved" ? "kept" : "x");
    await utimes(join(source, name), MODIFIED, MODIFIED);
  }
});
afterAll(() => rm(source, { recursive: true }));

const place = (name: string, connect: Place["connect"]): Place => ({
  ...{ key: name, name, at: (path: string) => `${name}:${path}`, connect, limit: 2 },
});

/** Mirrors the source, in which nothing is of what the links lead to. */
async function mirrored(
  server: Parameters<typeof settingsFor>[1],
  path: string,
  { deps: more, ...asked }: Partial<Asked> = {},
) {
  const { deps, events } = copyDeps({ clock: quickClock });
  const target = place("edge", () => new FtpSide(settingsFor("edge", server), { clock: systemClock }));
  const local = place("local", () => new LocalSide());
  const request = {
    ...mirrorRequest(local, target, { parallel: 2, ...asked }),
    source: { place: local, path: source, shown: "local" },
    target: { place: target, path, shown: "edge" },
  };
  const written = { recall: async () => new Map(), note: () => {} };
  const all = { ...deps, written, ...more };
  const summary = await mirror(request, all, AbortSignal.timeout(20_000));
  return { summary, faults: events.filter(({ event }) => event === "fault"), target, request, deps: all };
}

describe("pyftpdlib, whose MLSD shows links to directories as directories", () => {
  let started: Awaited<ReturnType<typeof startServers>>;
  let index = 0;
  beforeAll(async () => {
    started = await startServers([{ family: "pyftpdlib" }]);
  });
  afterAll(() => started[Symbol.asyncDispose]());

  async function scene() {
    const [server] = started.servers;
    if (server === undefined) throw new Error("no server");
    index += 1;
    const { uid, gid } = await stat(server.root);
    const [outside, tree] = [join(server.root, `outside${index}`), join(server.root, `tree${index}`)];
    const put = async (path: string) => {
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, path.endsWith("kept") ? "kept" : "other");
      await utimes(path, MODIFIED, MODIFIED);
    };
    for (const name of OUTSIDE) await put(join(outside, name));
    await put(join(tree, "extra/inner"));
    await put(join(tree, "both/old"));
    for (const path of [outside, `${outside}/kept`, `${outside}/sub`, `${outside}/sub/deep`, tree])
      await lchown(path, uid, gid);
    for (const path of ["extra", "extra/inner", "both", "both/old"]) await lchown(join(tree, path), uid, gid);
    const link = async (name: string) => {
      await symlink(outside, join(tree, name));
      await lchown(join(tree, name), uid, gid);
    };
    const isKept = () => OUTSIDE.every((name) => existsSync(join(outside, name)));
    return { server, path: `${server.home === "/" ? "" : server.home}/tree${index}`, tree, link, isKept };
  }

  test.each([{ renames: false }, { renames: true }])(
    "a mirror that deletes ends at such a link, and removes it, not what it leads to (%o)",
    async (asked) => {
      const { server, path, tree, link, isKept } = await scene();
      await link("alone");
      await link("extra/below");
      const { summary, faults } = await mirrored(server, path, asked);
      expect({ outcome: summary.outcome, faults }).toEqual({ outcome: "succeeded", faults: [] });
      expect(isKept()).toBe(true);
      for (const name of ["alone", "extra", "both/old"]) expect(existsSync(join(tree, name))).toBe(false);
    },
  );

  test("a link where the source has a directory makes way for one, and what it leads to stays", async () => {
    const { server, path, tree, link, isKept } = await scene();
    await rm(join(tree, "both"), { recursive: true });
    await link("both");
    const { summary } = await mirrored(server, path);
    expect(summary.outcome).toBe("succeeded");
    expect(isKept()).toBe(true);
    expect((await lstat(join(tree, "both"))).isDirectory()).toBe(true);
    expect(await readFile(join(tree, "both/a"), "utf8")).toBe("x");
  });

  test("such a link goes into the trash, and back, as a link", async () => {
    const { server, path, tree, link, isKept } = await scene();
    await link("alone");
    const trash = `${path}-trash`;
    const { summary, target } = await mirrored(server, path, { trash });
    expect(summary.outcome).toBe("succeeded");
    expect(isKept()).toBe(true);
    expect(existsSync(join(tree, "alone"))).toBe(false);
    const back = await restore(
      {
        target: { place: target, path, shown: "edge" },
        ...{ trash, paths: [], parallel: 1, retries: 0, dryRun: false },
      },
      { clock: systemClock, emit: () => {}, chance: () => 0 },
      AbortSignal.timeout(20_000),
    );
    expect(back.outcome).toBe("succeeded");
    expect(isKept()).toBe(true);
    expect((await lstat(join(tree, "alone"))).isSymbolicLink()).toBe(true);
    expect(existsSync(join(tree, "extra/inner"))).toBe(true);
  });

  test("rm with a pattern does not go through such a link", async () => {
    const { server, path, tree, link, isKept } = await scene();
    await link("alone");
    await removed(server, `${path}/**`, false);
    expect(isKept()).toBe(true);
    expect(existsSync(join(tree, "extra/inner"))).toBe(false);
  });
});

async function removed(server: Parameters<typeof settingsFor>[1], path: string, isRecursive: boolean) {
  const side = new FtpSide(settingsFor("edge", server), { clock: systemClock });
  const retrier = new Retrier({ retries: 0 }, { clock: systemClock, chance: () => 0 });
  const looking = { side, retrier, meter: new TreeMeter(), signal: AbortSignal.timeout(20_000) };
  const options = { isRecursive, isForced: false };
  const plan = await planRemoval(parsePattern(path), path, options, looking, new RemovalCeiling(100));
  const remover = new Remover(looking);
  for (const removal of plan) await remover.carryOut(removal);
  await side.close();
}

describe("a server whose every listing shows links as directories", () => {
  const tree: TreeServerOptions["tree"] = (directory) =>
    new Map([
      ["/", ["outside/", "tree/"]],
      ["/outside", ["kept", "sub/"]],
      ["/outside/sub", ["deep"]],
      ["/tree", ["alone/", "both/", "extra/"]],
      ["/tree/alone", []],
      ["/tree/both", ["old"]],
      ["/tree/extra", ["below/", "inner"]],
      ["/tree/extra/below", []],
    ])
      .get(directory)
      ?.map((name) =>
        name.endsWith("/")
          ? { name: name.slice(0, -1), kind: "directory" as const }
          : { name, kind: "file" as const, sizeBytes: 4, fill: "kept" },
      );
  const serve = (more: TreeServerOptions) =>
    treeServer({ tree, links: { "/tree/alone": "/outside", "/tree/extra/below": "/outside" }, ...more });
  const isKept = ({ tree: now }: Awaited<ReturnType<typeof serve>>) =>
    OUTSIDE.every((name) => now.find(`/outside/${name}`) !== undefined);

  test.each([
    { form: "facts" as const, renames: false },
    { form: "lines" as const, renames: false },
    { form: "facts" as const, renames: true },
    { form: "facts" as const, trash: "/trash" },
  ])("a mirror that deletes goes through none of them (%o)", async ({ form, ...asked }) => {
    await using server = await serve({ form });
    const { summary } = await mirrored(server, "/tree", asked);
    expect(isKept(server)).toBe(true);
    expect(summary.outcome).toBe("succeeded");
    for (const name of ["alone", "extra"]) expect(server.tree.find(`/tree/${name}`)).toBeUndefined();
    expect(server.tree.find("/tree/both/old")).toBeUndefined();
  });

  test("a plan that is applied goes through none of them", async () => {
    await using server = await serve({});
    const actions: PlannedAction[] = [];
    const counts = { sourceFiles: 3, targetFiles: 7, faults: 0, lateFaults: 0 };
    const plan = { note: (action: PlannedAction) => void actions.push(action), end: () => {} };
    const { request, deps } = await mirrored(server, "/tree", { dryRun: true, deps: { plan } });
    expect(actions).toContainEqual(expect.objectContaining({ action: "delete", path: "alone/kept" }));
    const stored = {
      counts,
      async *actions() {
        yield* actions;
      },
    };
    const signal = AbortSignal.timeout(20_000);
    const summary = await applyPlan(stored, { ...request, dryRun: false }, deps, signal);
    expect(isKept(server)).toBe(true);
    expect(summary.outcome).toBe("succeeded");
    expect(server.tree.find("/tree/extra")).toBeUndefined();
  });

  test("where the source has a directory, the link makes way for one", async () => {
    await using server = await serve({
      tree: (directory) => (directory === "/tree/both" ? [] : tree(directory)),
      links: { "/tree/both": "/outside" },
    });
    const { summary } = await mirrored(server, "/tree");
    expect(isKept(server)).toBe(true);
    expect(summary.outcome).toBe("succeeded");
    expect(server.tree.find("/tree/both/a")).toBeDefined();
  });

  test.each(["/tree/**", "/tree/*/**"])("rm %s goes through none of them", async (pattern) => {
    await using server = await serve({});
    await removed(server, pattern, false);
    expect(isKept(server)).toBe(true);
    expect(server.tree.find("/tree/extra/inner")).toBeUndefined();
  });

  test("a directory that DELE would take with all in it is not deleted to find out what it is", async () => {
    await using server = await serve({ links: {}, removesDirectories: true });
    const asked = { scan: { leaves: (path: string) => (path === "both/old" ? "excluded" : undefined) } };
    await mirrored(server, "/tree", asked);
    expect(server.tree.find("/tree/both/old")).toBeDefined();
    expect(server.tree.find("/tree/extra")).toBeUndefined();
  });
});
