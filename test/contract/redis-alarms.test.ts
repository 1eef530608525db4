import { expect, test } from "vitest";
import { Alarms } from "../../src/orchestrator/scheduler/alarms.ts";
import { runId } from "../../src/orchestrator/runs/run.ts";
import { Skips } from "../../src/orchestrator/kv/stores/skips.ts";
import { alarmsScene, definition, Kept, order } from "../support/alarms-scene.ts";

// What is late, takes too long, or has not come.

const scene = alarmsScene();

/** Two schedulers' alarms, which tell one list. */
async function alarmsFor(keys: object) {
  const kept = new Kept();
  const post = scene.office(kept);
  const alarms = [1, 2].map(
    () =>
      new Alarms({
        ...scene.deps,
        tell: (one) => post.tell(one),
      }),
  );
  for (const one of alarms) one.use([definition(keys)]);
  const look = async (time: string) => {
    scene.at(time);
    await Promise.all(alarms.map((one) => one.look()));
    await scene.work(post);
    return kept.told.map((sentence) => sentence.replace("nightly late: ", ""));
  };
  await look("00:00:00");
  return look;
}

const due = Date.parse("2026-11-21T02:00:00Z");
const daily = { cron: "0 2 * * *", deadline: "30m" };

test("a due time without a run by its deadline is reported once", async () => {
  const look = await alarmsFor({ schedule: daily });
  expect(await look("02:29:00")).toEqual([]);
  const sentence = "due 2026-11-21T02:00Z: no run had been started by 2026-11-21T02:30Z";
  expect(await look("02:31:00")).toEqual([sentence]);
  expect(await look("03:31:00")).toEqual([sentence]);
});

test("a run that goes on past its deadline is late; one that has ended is not", async () => {
  const look = await alarmsFor({ schedule: { ...daily, cron: "0 2,4 * * *" } });
  const late = runId("nightly", due);
  await scene.store.create(late, order("nightly"), due);
  await scene.store.begin(late, due);
  const early = runId("nightly", due + 7_200_000);
  await scene.store.create(early, order("nightly"), due);
  await scene.store.end({ id: early, order: order("nightly") }, undefined, due + 7_300_000, "succeeded");
  await look("02:31:00");
  expect(await look("04:31:00")).toEqual([
    "due 2026-11-21T02:00Z: had not ended by 2026-11-21T02:30Z; 0 files copied so far",
  ]);
});

test("what is skipped is not late", async () => {
  const look = await alarmsFor({ schedule: daily });
  await new Skips(scene.client, scene.names).add("nightly", due, scene.clock.now());
  expect(await look("05:00:00")).toEqual([]);
});

test("what was due while the schedule was held is not late", async () => {
  const look = await alarmsFor({ schedule: { ...daily, cron: "0 4 * * *" } });
  await scene.store.jobs.pause("nightly", true, scene.at("03:59:00"));
  await scene.store.jobs.pause("nightly", false, scene.at("04:01:00"));
  expect(await look("05:00:00")).toEqual([]);
});

test("a run that takes longer than it may is cancelled, and the reason stays with it", async () => {
  const look = await alarmsFor({ schedule: { cron: "0 2 * * *", longest: "1h" } });
  await scene.store.create("a", order("nightly"), scene.at("02:00:00"));
  await scene.store.begin("a", scene.clock.now());
  expect(await look("02:59:00")).toEqual([]);
  expect((await scene.store.get("a"))?.wish).toBe("run");
  const because = "cancelled: it took longer than the limit of 1 h 0 min";
  expect(await look("03:01:00")).toEqual([because]);
  expect(await scene.store.get("a")).toMatchObject({ wish: "cancel", wishBecause: because });
  expect(await look("03:02:00")).toEqual([because]);
});

test("nothing arrived by a time of the day, though something had the day before", async () => {
  const look = await alarmsFor({ watch: { for: "*.csv", by: "06:00" } });
  await scene.client.hset(scene.names.watch("nightly"), {
    arrivedMs: Date.parse("2026-11-20T05:00:00Z"),
    fault: "no login",
  });
  expect(await look("06:01:00")).toEqual([
    "no files arrived by 2026-11-21T06:00Z; the directory could not be listed: no login",
  ]);
});
