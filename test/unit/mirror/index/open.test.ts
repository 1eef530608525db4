import { expect, test } from "vitest";
import type { MirrorDeps, MirrorRequest } from "../../../../src/mirror/contract.ts";
import { openIndex } from "../../../../src/mirror/index/open.ts";
import { quickClock } from "../../../support/mirror-scene.ts";

test("a mirror whose source is another target has no index: that one shows the same files in its own way", async () => {
  const asked: string[] = [];
  const store = { read: async () => void asked.push("read"), write: async () => {} };
  const request = { index: { options: "0".repeat(32), fullCheckMs: 0 } } as MirrorRequest;
  const deps = { index: store, clock: quickClock, emit: () => {} } as unknown as MirrorDeps;
  expect(await openIndex(request, deps)).toBeDefined();
  const peers = {} as NonNullable<MirrorDeps["peers"]>;
  expect(await openIndex(request, { ...deps, peers })).toBeUndefined();
  expect(asked).toEqual(["read"]);
});
