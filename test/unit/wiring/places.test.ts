import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { HAS_DESCRIPTOR_PATHS } from "../../../src/transfer/sides/local/directory.ts";
import { targetOf } from "../../../src/wiring/places.ts";
import { heldOpenBelow } from "../../support/descriptors.ts";

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "fxpd-places-")));
  await mkdir(join(root, "a"));
});
afterEach(() => rm(root, { recursive: true }));

const placeOf = async () => {
  const context = { directories: { config: root, jobs: root }, overrides: {}, deps: { clock: systemClock } };
  return (await targetOf(root, context)).place;
};

test.skipIf(!HAS_DESCRIPTOR_PATHS)(
  "sides of one place on this machine hold its directories open together, until the last one is closed",
  async () => {
    const place = await placeOf();
    const [one, other] = [place.connect(), place.connect()];
    const signal = new AbortController().signal;
    await one.facts(join(root, "a/file"), signal);
    const held = [root, join(root, "a")];
    expect(heldOpenBelow(root)).toEqual(held);
    await one.close();
    expect(heldOpenBelow(root)).toEqual(held);
    await other.facts(join(root, "a/file"), signal);
    await other.close();
    await expect.poll(() => heldOpenBelow(root)).toEqual([]);
  },
);

test.skipIf(!HAS_DESCRIPTOR_PATHS)(
  "a run that goes on with what another one has connected leaves nothing of the other one's open",
  async () => {
    const signal = new AbortController().signal;
    let side = (await placeOf()).connect();
    for (let run = 0; run < 3; run += 1) {
      await side.facts(join(root, "file"), signal);
      await expect.poll(() => heldOpenBelow(root)).toEqual([root]);
      const place = await placeOf();
      side = place.adopt?.(side) ?? side;
    }
    await side.close();
    await expect.poll(() => heldOpenBelow(root)).toEqual([]);
  },
);
