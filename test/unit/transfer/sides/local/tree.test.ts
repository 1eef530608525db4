import { mkdirSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HAS_DESCRIPTOR_PATHS } from "../../../../../src/transfer/sides/local/directory.ts";
import { type Follows, LocalTree } from "../../../../../src/transfer/sides/local/tree.ts";
import { heldOpenBelow } from "../../../../support/descriptors.ts";

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "fxpd-local-tree-")));
});
afterEach(() => rm(root, { recursive: true }));

const user = {};

test.skipIf(!HAS_DESCRIPTOR_PATHS)(
  "a directory that is entered while or after the last one is detached is not left open",
  async () => {
    for (const closesFirst of [true, false]) {
      const tree = new LocalTree({ roots: [root], follows: "inside" });
      tree.attach(user);
      if (closesFirst) tree.detach(user);
      const entering = tree.directory(root);
      if (!closesFirst) tree.detach(user);
      const entered = await entering;
      expect(heldOpenBelow(root)).toEqual([root]);
      await entered[Symbol.asyncDispose]();
      expect(heldOpenBelow(root)).toEqual([]);
    }
  },
);

test.skipIf(!HAS_DESCRIPTOR_PATHS).each<Follows>(["none", "inside", "all"])(
  "with links followed as %s, no more than 64 directories are held open however many are entered",
  async (follows) => {
    const tree = new LocalTree({ roots: follows === "all" ? [] : [root], follows });
    tree.attach(user);
    for (let at = 0; at < 100; at += 1) {
      const path = join(root, String(at));
      await mkdir(path);
      await (await tree.directory(path))[Symbol.asyncDispose]();
    }
    const held = heldOpenBelow(root);
    expect(held).toContain(join(root, "99"));
    expect(held.length).toBeLessThanOrEqual(64);
    tree.detach(user);
    await expect.poll(() => heldOpenBelow(root)).toEqual([]);
  },
);

test("what another one did not find is looked for again, since it may be there by now", async () => {
  const tree = new LocalTree({ roots: [root], follows: "none" });
  tree.attach(user);
  const path = join(root, "made");
  const first = tree.directory(path).catch(() => mkdirSync(path));
  const second = tree.directory(path);
  await first;
  await (await second)[Symbol.asyncDispose]();
  tree.detach(user);
});
