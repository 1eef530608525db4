import { type TreeClaim, type Claims, type Tree, treesAround } from "../../claims/claims.ts";
import type { Request } from "../../definitions.ts";
import { anySignal } from "../../../shared/any-signal.ts";

/** The trees that a run writes, each once. */
export function treesOf(request: Request): readonly Tree[] {
  const targets =
    request.kind === "mirror"
      ? request.targets.mirrors.map(({ target }) => target)
      : [request.request.target];
  const trees = targets.map(({ place, path }) => ({ account: place.key, path }));
  const names = trees.map((tree) => treesAround(tree)[0]);
  return trees.filter((_, index) => names.indexOf(names[index]) === index);
}

/** The right to write several trees; with its scope it ceases to be renewed here. */
export interface TreesClaim extends AsyncDisposable {
  /** Aborted when one of them is another's. */
  readonly lost: AbortSignal;
  /** As of one claim, for each. */
  confirm(): Promise<boolean>;
  /** Gives all back. */
  release(): Promise<void>;
}

type TreesClaimed =
  | { readonly kind: "claimed"; readonly claim: TreesClaim }
  | { readonly kind: "refused"; readonly because: string; readonly holder: string };

/** All of these trees, or none. */
export async function claimTrees(
  claims: Claims,
  trees: readonly Tree[],
  holder: string,
): Promise<TreesClaimed> {
  const held: { readonly tree: Tree; readonly claim: TreeClaim }[] = [];
  const release = async () => {
    for (const { tree, claim } of held) await claims.release(tree, claim.token);
  };
  const dispose = async () => {
    for (const { claim } of held) await claim[Symbol.asyncDispose]();
  };
  for (const tree of trees) {
    const claimed = await claims.claim(tree, holder);
    if (claimed.kind === "claimed") {
      held.push({ tree, claim: claimed.claim });
      continue;
    }
    await dispose();
    await release();
    return claimed;
  }
  const lost = anySignal(...held.map(({ claim }) => claim.lost));
  const confirm = async () => {
    const certain = await Promise.all(held.map(({ claim }) => claim.confirm()));
    return certain.every(Boolean);
  };
  return { kind: "claimed", claim: { lost, confirm, release, [Symbol.asyncDispose]: dispose } };
}
