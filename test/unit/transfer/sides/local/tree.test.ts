import { mkdirSync, readlinkSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HAS_DESCRIPTOR_PATHS } from "../../../../../src/transfer/sides/local/directory.ts";
import { LocalTree } from "../../../../../src/transfer/sides/local/tree.ts";

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "fxpd-local-tree-")));
});
afterEach(() => rm(root, { recursive: true }));

/** What the descriptor in a path such as `/proc/self/fd/7/.` stands for now; undefined: it is closed. */
function openedBy(at: Buffer): string | undefined {
  const descriptor = at.toString().replace(/\/\.$/, "");
  try {
    return readlinkSync(descriptor);
  } catch {
    return undefined;
  }
}

test.skipIf(!HAS_DESCRIPTOR_PATHS)(
  "a directory that is entered while or after its tree is closed is not left open",
  async () => {
    for (const closesFirst of [true, false]) {
      const tree = new LocalTree({ roots: [root], follows: "inside" });
      if (closesFirst) tree.close();
      const entering = tree.directory(root);
      if (!closesFirst) tree.close();
      const entered = await entering;
      const at = entered.at("");
      expect(openedBy(at)).toBe(root);
      await entered[Symbol.asyncDispose]();
      expect(openedBy(at)).not.toBe(root);
    }
  },
);

test("what another one did not find is looked for again, since it may be there by now", async () => {
  const tree = new LocalTree({ roots: [root], follows: "none" });
  const path = join(root, "made");
  const first = tree.directory(path).catch(() => mkdirSync(path));
  const second = tree.directory(path);
  await first;
  await (await second)[Symbol.asyncDispose]();
  tree.close();
});
