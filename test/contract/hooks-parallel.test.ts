import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TransferEvent } from "../../src/batch/events.ts";
import { FollowUps } from "../../src/wiring/hooks/follow-ups.ts";
import { ownMarks } from "../../src/wiring/hooks/marks.ts";

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), "fxpd-hooks-"))));
afterEach(() => rm(root, { recursive: true }));

test("so many programs run at once as the job says, and the others begin when these have ended", async () => {
  const begun: string[] = [];
  const marks = { ...ownMarks(), begin: async (what: string) => begun.push(what) > 0 };
  const program = ["/bin/sh", "-c", 'until [ -e go ] || [ ! -e "$PWD" ]; do sleep 0.01; done'];
  const about = { job: "nightly", run: "1", sources: ["a:"], targets: ["b:"] };
  const hooks = { timeout: 60_000, parallel: 2, afterFile: program };
  const followUps = new FollowUps({ hooks, file: join(root, "nightly.yaml"), ...about }, () => {}, marks);
  const moved = { event: "transfer", source: "a:f", outcome: "done", by: "relay", bytes: 1, resumedFrom: 0 };
  const targets = ["b:1", "b:2", "b:3", "b:4", "b:5"];
  for (const target of targets) followUps.copied({ ...moved, target } as TransferEvent);
  await expect.poll(() => begun).toEqual(["afterFile b:1", "afterFile b:2"]);
  await writeFile(join(root, "go"), "");
  await followUps.settled();
  expect(begun).toEqual(targets.map((target) => `afterFile ${target}`));
  expect(await marks.failures()).toMatchObject({ count: 0 });
});
