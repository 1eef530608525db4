import { expect, test } from "vitest";
import { lateNotice } from "../../src/orchestrator/notify/notice.ts";
import { Outbox } from "../../src/orchestrator/kv/stores/outbox.ts";
import type { RunStore } from "../../src/orchestrator/kv/stores/runs.ts";
import { alarmsScene, Kept, NEVER, order } from "../support/alarms-scene.ts";

// What is sent to whom, once, by whichever of several processes.

const scene = alarmsScene();

test("what went wrong is told once, by whichever of several; then that it goes well again", async () => {
  const kept = new Kept();
  const offices = [scene.office(kept), scene.office(kept), scene.office(kept)];
  await scene.ended("a", "failed");
  await scene.work(...offices);
  await scene.ended("b", "cancelled");
  await scene.ended("c", "succeeded", { dryRun: true });
  await scene.ended("d", "succeeded");
  await scene.ended("e", "succeeded");
  await scene.work(...offices);
  await scene.work(...offices);
  expect(kept.told).toEqual([
    "nightly failed: 0 files failed",
    "nightly recovered: the job has succeeded again",
  ]);
});

test("a thousand failures of one cause are one cause in one message", async () => {
  const kept = new Kept();
  await scene.store.create("a", order("nightly"), scene.clock.now());
  const because = (file: string) => `edge: STOR /pub/${file}: 452 Insufficient storage space`;
  const transfer = (file: string) => ({
    ...{ event: "transfer", source: `archive:/pub/${file}`, target: `edge:/pub/${file}`, outcome: "failed" },
    ...{ by: null, method: null, bytes: 0, resumedFrom: 0, protected: false, digest: null },
    ...{ because: because(file), seconds: 0, attempts: 1 },
  });
  const events = Array.from({ length: 1_000 }, (_, index) => transfer(`file ${index}.iso`));
  await scene.store.log("a", events as Parameters<RunStore["log"]>[1], scene.clock.now());
  await scene.store.end({ id: "a", order: order("nightly") }, undefined, scene.clock.now(), "failed");
  await scene.work(scene.office(kept));
  expect(kept.messages).toHaveLength(1);
  expect(kept.messages[0]?.[0]?.causes).toEqual([
    {
      because: "edge: STOR …: 452 Insufficient storage space",
      count: 1_000,
      first: [0, 1, 2].map((at) => ({
        path: `archive:/pub/file ${at}.iso`,
        because: because(`file ${at}.iso`),
      })),
    },
  ]);
});

test("who is away is told later, in one message, of all that he wants to know and of nothing else", async () => {
  const [kept, other] = [new Kept(["failed", "late"]), new Kept()];
  const both = scene.office(kept, { ...other, name: "other", send: other.send });
  kept.isAway = true;
  await scene.ended("a", "failed");
  await scene.work(both);
  await scene.ended("b", "partial");
  await scene.ended("c", "failed");
  await scene.work(both);
  kept.isAway = false;
  scene.clock.ms += 60_000;
  await scene.work(both);
  expect(kept.messages.map((notices) => notices.map(({ run }) => run))).toEqual([["a", "c"]]);
  expect(other.told).toHaveLength(3);
});

test("an event that was sent is not sent again", async () => {
  const outbox = new Outbox(scene.client, scene.names);
  const notice = lateNotice("late nightly", "nightly", scene.clock.now(), "late");
  const tell = () => Promise.all([1, 2, 3].map(() => outbox.tell(notice, ["kept"], scene.clock.now())));
  expect((await tell()).filter(Boolean)).toHaveLength(1);
  await (await outbox.take("kept", scene.clock.now() + 6_000))?.done();
  expect(await tell()).toEqual([false, false, false]);
  expect(await outbox.take("kept", scene.clock.now() + 60_000)).toBeUndefined();
});

test("what was announced as late is reported as recovered also where whoever announced it died right then", async () => {
  const notice = lateNotice("late nightly", "nightly", scene.clock.now(), "had not ended");
  await new Outbox(scene.client, scene.names).tell(notice, ["kept"], scene.clock.now());
  const kept = new Kept();
  scene.clock.ms += 1_000;
  await scene.ended("a", "succeeded");
  await scene.ended("b", "succeeded");
  await scene.work(scene.office(kept));
  expect(kept.told).toEqual([
    "nightly late: had not ended",
    "nightly recovered: the job has succeeded again",
  ]);
});

test("what one process sends, no other sends meanwhile", async () => {
  const outbox = new Outbox(scene.client, scene.names);
  await outbox.tell(
    lateNotice("late nightly", "nightly", scene.clock.now(), "late"),
    ["kept"],
    scene.clock.now(),
  );
  const taken = await Promise.all([1, 2, 3].map(() => outbox.take("kept", scene.clock.now() + 6_000)));
  expect(taken.filter((batch) => batch !== undefined)).toHaveLength(1);
});

test("what nobody takes is given up in the end", async () => {
  const kept = new Kept();
  const only = scene.office(kept);
  kept.isAway = true;
  await scene.ended("a", "failed");
  for (let tries = 0; tries < 20; tries += 1) {
    scene.clock.ms += 3_600_000;
    await only.work(NEVER);
  }
  kept.isAway = false;
  scene.clock.ms += 3_600_000;
  await only.work(NEVER);
  expect(kept.told).toEqual([]);
  expect(await scene.client.hlen(scene.names.outbox("kept"))).toBe(0);
});
