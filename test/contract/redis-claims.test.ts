import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { type TreeClaim, Claims, type Tree } from "../../src/orchestrator/claims/claims.ts";
import { until } from "../support/until.ts";
import { clientOf, sharedRedis } from "../support/redis-client.ts";

const shared = sharedRedis();
let claims: Claims;
let prefix: string;
let turn = 0;

beforeEach(fresh);

function fresh(): void {
  turn += 1;
  prefix = `{test${turn}}`;
  claims = new Claims(shared.client, { prefix });
}

function tree(path: string, account = "edge"): Tree {
  return { account, path };
}

async function claimed(of: Claims, what: Tree, holder: string): Promise<TreeClaim> {
  const answer = await of.claim(what, holder);
  if (answer.kind === "refused") throw new Error(answer.because);
  return answer.claim;
}

/** As if nobody had renewed it for long. */
async function expire(what: string): Promise<void> {
  const kept = JSON.parse((await shared.client.hget(`${prefix}:claims`, what)) ?? "{}") as object;
  await shared.client.hset(`${prefix}:claims`, what, JSON.stringify({ ...kept, until: 1 }));
}

/** Until when it lasts. */
async function untilOf(what: string): Promise<number> {
  const kept = JSON.parse((await shared.client.hget(`${prefix}:claims`, what)) ?? "{}") as { until?: number };
  return kept.until ?? 0;
}

test.each([
  ["/pub", "/pub", "run 1 writes /pub"],
  ["/pub", "/pub/iso", "run 1 writes /pub"],
  ["/pub/iso/cd", "/pub", "run 1 writes /pub/iso/cd"],
  ["/", "/pub", "run 1 writes /"],
  ["/pub", "/", "run 1 writes /pub"],
  ["/pub/", "//pub/./iso", "run 1 writes /pub"],
  ["pub", "pub/iso", "run 1 writes ./pub"],
  ["/pub/é/\u{10ffff}", "/pub/é", "run 1 writes /pub/é/\u{10ffff}"],
])("whoever has %j, nobody else gets %j", async (first, second, because) => {
  await using _claim = await claimed(claims, tree(first), "run 1");
  expect(await claims.claim(tree(second), "run 2")).toEqual({ kind: "refused", because, holder: "run 1" });
});

test.each([
  ["/pub", "/public"],
  ["/pub", "/pu"],
  ["/pub/iso", "/pub/img"],
  ["/pub-old", "/pub"],
])("%j and %j are apart", async (first, second) => {
  await using _one = await claimed(claims, tree(first), "run 1");
  await using _two = await claimed(claims, tree(second), "run 2");
});

test("accounts are apart, and a holder may have several trees, also within each other", async () => {
  await using _one = await claimed(claims, tree("/pub"), "run 1");
  await using _two = await claimed(claims, tree("/pub", "archive"), "run 2");
  await using _three = await claimed(claims, tree("/pub/iso"), "run 1");
});

test("what is given back is free; the token only goes up", async () => {
  const first = await claimed(claims, tree("/pub"), "run 1");
  await claims.release(tree("/pub"), first.token);
  await using second = await claimed(claims, tree("/pub/iso"), "run 2");
  expect(second.token).toBeGreaterThan(first.token);
  await claims.release(tree("/pub/iso"), first.token); // not its own
  expect((await claims.claim(tree("/pub"), "run 3")).kind).toBe("refused");
  expect(first.isCertain()).toBe(true); // for a while yet: releasing is up to who shares it
  expect(await first.confirm()).toBe(false);
  await first[Symbol.asyncDispose]();
});

test("a claim that is not renewed can be taken after a while, and its former holder is notified", async () => {
  await using first = await claimed(new Claims(shared.client, { prefix, ttlMs: 300 }), tree("/pub"), "run 1");
  // Between the two it may be renewed.
  let answer: Awaited<ReturnType<Claims["claim"]>>;
  do {
    await expire("edge\0/pub/");
    answer = await claims.claim(tree("/pub/iso"), "run 2");
  } while (answer.kind === "refused");
  await using second = answer.claim;
  await until(() => first.lost.aborted, "it is told");
  expect([first.isCertain(), await first.confirm()]).toEqual([false, false]);
  expect([second.isCertain(), await second.confirm()]).toEqual([true, true]);
});

test("a claim is renewed as long as it is kept", async () => {
  await using claim = await claimed(new Claims(shared.client, { prefix, ttlMs: 300 }), tree("/pub"), "run 1");
  const began = await untilOf("edge\0/pub/");
  await until(async () => (await untilOf("edge\0/pub/")) > began + 900, "it is renewed again and again");
  await until(() => claim.isCertain(), "it is certain");
  expect((await claims.claim(tree("/pub"), "run 2")).kind).toBe("refused");
});

test("several share a claim by its token; the same holder's next claim takes it from all of them", async () => {
  const quick = new Claims(shared.client, { prefix, ttlMs: 3_000 });
  await using first = await claimed(quick, tree("/pub"), "run 1");
  await using joined = await quick.join(tree("/pub"), first.token);
  expect(joined?.token).toBe(first.token);
  await using next = await claimed(quick, tree("/pub"), "run 1");
  expect(next.token).toBeGreaterThan(first.token);
  expect(await quick.join(tree("/pub"), first.token)).toBeUndefined();
  await until(() => first.lost.aborted && joined?.lost.aborted === true, "both are told");
  expect(await next.confirm()).toBe(true);
});

test("cut off from Redis for longer than it lasts, a claim is certain no more; back, it is again", async () => {
  await using claim = await claimed(new Claims(shared.client, { prefix, ttlMs: 300 }), tree("/pub"), "run 1");
  shared.redis.signal("SIGSTOP");
  await sleep(400);
  expect(claim.isCertain()).toBe(false);
  const confirmed = claim.confirm();
  shared.redis.signal("SIGCONT");
  expect(await confirmed).toBe(true);
  await until(() => claim.isCertain(), "it is certain again");
});

test("cut off from Redis while another takes the tree, it never is certain again", async () => {
  const own = await clientOf(shared.redis);
  const first = await claimed(new Claims(own, { prefix, ttlMs: 300 }), tree("/pub"), "run 1");
  own.disconnect();
  let answer = await claims.claim(tree("/pub"), "run 2");
  while (answer.kind === "refused") {
    await sleep(20);
    answer = await claims.claim(tree("/pub"), "run 2");
  }
  expect(first.isCertain()).toBe(false); // at the very moment at which another has it
  await first[Symbol.asyncDispose]();
  await answer.claim[Symbol.asyncDispose]();
});

test("in any order of claims and releases, no two holders have trees that touch", async () => {
  const path = fc
    .array(fc.constantFrom("a", "b", "ab"), { maxLength: 3 })
    .map((names) => `/${names.join("/")}`);
  const step = fc.record({ holder: fc.constantFrom("run 1", "run 2", "run 3"), path, gives: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      fresh();
      const held = new Map<string, { readonly holder: string; readonly claim: TreeClaim }>();
      const touch = (a: string, b: string) => `${a}/`.startsWith(`${b}/`.replace("//", "/")) || a === b;
      for (const { holder, path: at, gives } of steps) {
        const own = held.get(at);
        if (gives && own?.holder === holder) {
          await claims.release(tree(at), own.claim.token);
          await own.claim[Symbol.asyncDispose]();
          held.delete(at);
          continue;
        }
        const rival = [...held].find(
          ([one, { holder: whose }]) => whose !== holder && (touch(at, one) || touch(one, at)),
        );
        const answer = await claims.claim(tree(at), holder);
        expect(answer.kind).toBe(rival === undefined ? "claimed" : "refused");
        if (answer.kind !== "claimed") continue;
        await own?.claim[Symbol.asyncDispose]();
        held.set(at, { holder, claim: answer.claim });
      }
      expect(await shared.client.hlen(`${prefix}:claims`)).toBe(held.size);
      expect(await shared.client.zcard(`${prefix}:claims:trees`)).toBe(held.size);
      for (const { claim } of held.values()) await claim[Symbol.asyncDispose]();
    }),
    { numRuns: 100 },
  );
});
