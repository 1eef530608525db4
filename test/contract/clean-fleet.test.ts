import { expect, test } from "vitest";
import { Claims } from "../../src/orchestrator/claims/claims.ts";
import { fleetUse } from "../../src/orchestrator/claims/ledger-use.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { sharedRedis } from "../support/redis-client.ts";

const shared = sharedRedis();
const names = new KeyNames("clean");
const tree = (path: string) => ({ account: "me@edge:21", path });

test("while a run writes there, nothing of the workers' is free; while it is cleaned, no run begins there", async () => {
  const claims = new Claims(shared.client, { prefix: names.prefix });
  const run = await claims.claim(tree("/pub/a"), "run 1");
  if (run.kind !== "claimed") throw new Error(run.because);
  {
    await using use = await fleetUse(shared.client, names, [tree("/pub"), tree("pub")], "fxpd clean");
    expect(use.owner).toMatch(/^[0-9a-z]{4,16}$/);
    expect(await use.claimLeftover("0123456789abcdef", "ftp://me@edge:21//pub/a/x")).toBe(
      "run 1 writes /pub/a",
    );
  }
  await run.claim[Symbol.asyncDispose]();
  await claims.release(tree("/pub/a"), run.claim.token);
  {
    await using use = await fleetUse(shared.client, names, [tree("/pub"), tree("pub")], "fxpd clean");
    expect(await use.claimLeftover("0123456789abcdef", "ftp://me@edge:21//pub/a/x")).toMatchObject({});
    expect(await claims.claim(tree("/pub/a"), "run 2")).toMatchObject({
      kind: "refused",
      holder: "fxpd clean",
    });
  }
  const again = await claims.claim(tree("/pub/a"), "run 2");
  expect(again.kind).toBe("claimed");
  if (again.kind === "claimed") await again.claim[Symbol.asyncDispose]();
});
