import { expect, test } from "vitest";
import type { TreeClaim, Claims, Tree } from "../../../../../src/orchestrator/claims/claims.ts";
import { claimTrees, treesOf } from "../../../../../src/orchestrator/worker/plan/trees.ts";
import type { Request } from "../../../../../src/orchestrator/definitions.ts";
import { MemoryHost } from "../../../../support/memory-side.ts";
import { mirrorRequest } from "../../../../support/mirror-scene.ts";

const trees: readonly Tree[] = ["/a", "/b", "/c"].map((path) => ({ account: "h", path }));

/** Claims of one process, of which some trees are another's, and those that are held. */
function claimsWithout(...taken: readonly string[]) {
  const held = new Map<string, AbortController>();
  let renewed = 0;
  const claims = {
    claim: async ({ path }: Tree) => {
      if (taken.includes(path)) return { kind: "refused", because: `other writes ${path}` } as const;
      const lost = new AbortController();
      held.set(path, lost);
      renewed += 1;
      const claim: TreeClaim = {
        token: renewed,
        lost: lost.signal,
        isCertain: () => true,
        confirm: async () => !lost.signal.aborted,
        [Symbol.asyncDispose]: async () => {},
      };
      return { kind: "claimed", claim } as const;
    },
    release: async ({ path }: Tree) => void held.delete(path),
  } as unknown as Claims;
  return { claims, held };
}

test("several trees are claimed together, and lost with any of them", async () => {
  const { claims, held } = claimsWithout();
  const claimed = await claimTrees(claims, trees, "run");
  if (claimed.kind === "refused") throw new Error(claimed.because);
  const { claim } = claimed;
  expect([...held.keys()]).toEqual(["/a", "/b", "/c"]);
  expect([claim.lost.aborted, await claim.confirm()]).toEqual([false, true]);
  held.get("/b")?.abort();
  expect([claim.lost.aborted, await claim.confirm()]).toEqual([true, false]);
  await claim.release();
  expect([...held.keys()]).toEqual([]);
});

test("where one is another's, none is kept", async () => {
  const { claims, held } = claimsWithout("/c");
  expect(await claimTrees(claims, trees, "run")).toEqual({ kind: "refused", because: "other writes /c" });
  expect([...held.keys()]).toEqual([]);
});

test("a tree that two targets name is one", () => {
  const { place } = new MemoryHost("h");
  const to = (path: string) => mirrorRequest(place, place, { target: { place, path, shown: path } });
  const first = to("/a");
  const request: Request = {
    kind: "mirror",
    request: first,
    targets: { mirrors: [first, to("/b"), to("/a/")], spread: false },
  };
  expect(treesOf(request).map(({ path }) => path)).toEqual(["/a", "/b"]);
});
