import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WorkerDeps } from "../../src/orchestrator/deps.ts";
import type { RunOrder } from "../../src/orchestrator/runs/run.ts";
import type { SliceItem } from "../../src/orchestrator/worker/queue/queues.ts";
import { Interruption } from "../../src/orchestrator/runs/requested-state.ts";
import { enqueue } from "../../src/orchestrator/runs/dispatch.ts";
import { Later } from "../../src/orchestrator/worker/queue/later.ts";
import { orFail } from "../../src/orchestrator/worker/slice/slice-fault.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { until } from "../support/until.ts";
import { installationForEach } from "../support/installation.ts";

const own = installationForEach("runs");

const store = () => own().installation.store;
const source = () => join(own().path, "source");
const target = () => join(own().path, "target");

function orderOf(): RunOrder {
  const document = { copy: { from: source(), to: target() } };
  return { job: "job", document, rules: [], dryRun: false, requestedBy: "person", because: "test" };
}

async function create(): Promise<void> {
  await store().create("r", orderOf(), 1);
}

const redis = () => own().installation.redis;
const worker = (id: string) => own().installation.names.worker(id);

test("a run is ended by the worker that started it last, not by one that was cut off before", async () => {
  await create();
  const first = await store().begin("r", 2);
  const second = await store().begin("r", 3);
  const run = { id: "r", order: orderOf() };
  expect(await store().end(run, first?.generation, 4, "failed", "cut off")).toMatchObject({ isEnded: false });
  expect(await store().get("r")).toMatchObject({ state: "running" });
  expect(await store().end(run, second?.generation, 5, "succeeded")).toMatchObject({ isEnded: true });
  expect(await store().end(run, undefined, 6, "failed")).toMatchObject({ isEnded: false });
  expect(await store().get("r")).toMatchObject({ state: "ended", outcome: "succeeded" });
});

test("a run that has ended is never begun again", async () => {
  await create();
  await store().begin("r", 2);
  await store().end({ id: "r", order: orderOf() }, undefined, 3, "succeeded");
  expect(await store().begin("r", 4)).toBeUndefined();
  expect(await store().get("r")).toMatchObject({ state: "ended", generation: 1 });
  expect(await store().begin("unknown", 4)).toBeUndefined();
});

test("deaths of workers count for a run until it gets further or is handed back; a worker that lives did not die", async () => {
  await create();
  const begin = (id: string) => store().begin("r", 2, id);
  await redis().set(worker("alive"), "1");
  expect(await begin("one")).toMatchObject({ deaths: 0, cutOff: 0 });
  expect(await begin("alive")).toMatchObject({ deaths: 1, cutOff: 1 });
  expect(await begin("alive")).toMatchObject({ deaths: 1, cutOff: 2 });
  expect(await begin("two")).toMatchObject({ deaths: 1, cutOff: 3 });
  expect(await begin("three")).toMatchObject({ deaths: 2, cutOff: 4, hasSlices: false });
  await store().noteSlices("r", 5);
  expect(await begin("four")).toMatchObject({ deaths: 3, cutOff: 5, hasSlices: true });
  await store().count("r", { copied: 1 });
  expect(await begin("five")).toMatchObject({ deaths: 1, cutOff: 1, hasSlices: false });
  await store().handBack("r", 7, 3);
  expect(await begin("six")).toMatchObject({ deaths: 0, cutOff: 0 });
});

test("the time between a hand-back and the next beginning is idle, and that after a death is not", async () => {
  await create();
  await store().begin("r", 1_000);
  await store().begin("r", 2_000);
  expect((await store().get("r"))?.idleMs).toBeUndefined();
  await store().handBack("r", 2, 3_000);
  await store().begin("r", 10_000);
  await store().handBack("r", 3, 11_000);
  await store().begin("r", 11_500);
  await store().begin("r", 20_000);
  expect(await store().get("r")).toMatchObject({ startedMs: 1_000, idleMs: 7_500 });
});

function itemOf(generation: number): SliceItem {
  const task = { f: 0, p: source(), t: target() };
  return { run: "r", generation, slice: `${generation}-1`, hosts: [], tasks: [task] };
}

test("a slice of an earlier beginning of its run copies nothing", async () => {
  await writeFile(source(), "text");
  await writeFile(join(own().path, "jobs/job.yaml"), JSON.stringify(orderOf().document));
  await create();
  await store().begin("r", 2);
  await store().begin("r", 3);
  await own().worker();
  const { slices } = own().installation.queues;
  const isDone = async (generation: number) => (await slices.getJobState(`r_${generation}-1`)) === "unknown";
  for (const generation of [1, 2])
    await slices.add("slice", itemOf(generation), { jobId: `r_${generation}-1`, priority: generation });
  await until(() => isDone(1), "the slice of the first beginning is done");
  expect(await own().installation.kv.slices.results("r", 1, ["1-1"])).toEqual(new Map());
  await until(() => isDone(2), "the slice of the second beginning is done");
  const results = await own().installation.kv.slices.results("r", 2, ["2-1"]);
  expect(results.get("2-1")).toMatchObject({ copied: 1 });
  expect(existsSync(target())).toBe(true);
});

test("a slice whose worker died once its result was written is not copied again", async () => {
  await writeFile(source(), "text");
  await writeFile(join(own().path, "jobs/job.yaml"), JSON.stringify(orderOf().document));
  await create();
  for (const nowMs of [2, 3]) await store().begin("r", nowMs);
  const { queues, kv } = own().installation;
  const result = { copied: 1, kept: 0, skipped: 0, failed: 0, thirdParty: 0, relayed: 4, resumed: 0 };
  await kv.slices.writeResult(itemOf(2), { ...result, failures: [] });
  // As BullMQ has it that was taken once, and lost.
  await queues.slices.add("slice", itemOf(2), { jobId: "r_2-1", priority: 1, delay: 60_000 });
  await redis().hset(queues.slices.toKey("r_2-1"), "ats", 1);
  await own().worker();
  await (await queues.slices.getJob("r_2-1"))?.promote();
  await until(async () => (await queues.slices.getJobState("r_2-1")) === "unknown", "the item has ended");
  expect(existsSync(target())).toBe(false);
});

test("an exception that nobody expected fails the files of its slice that are not done, with its stack in the log", async () => {
  await create();
  const logged: object[] = [];
  const log = { ...noLogger, error: (fields: object) => logged.push(fields) };
  const desk = { ...own().installation, log } as unknown as WorkerDeps;
  const two = itemOf(1).tasks.flatMap((task) => [task, { ...task, t: `${target()}2` }]);
  const item = { ...itemOf(1), tasks: two };
  const { names } = own().installation;
  const done = { what: "copied", by: "relay", bytes: 4, resumed: 0 };
  await redis().hset(names.done("r", "1-1"), "0", JSON.stringify(done));
  const signal = new AbortController().signal;
  await orFail(desk, item, 1, signal, () => Promise.reject(new TypeError("nobody expected this")));
  const results = await own().installation.kv.slices.results("r", 1, ["1-1"]);
  expect(results.get("1-1")).toMatchObject({ copied: 1, failed: 1, failures: [{ t: `${target()}2` }] });
  expect(logged).toEqual([
    expect.objectContaining({ stack: expect.stringContaining("TypeError") as string }),
  ]);
});

test("work that is to come later, that Redis could not do, or that was lost, fails nothing", async () => {
  await create();
  const desk = { ...own().installation, log: noLogger } as unknown as WorkerDeps;
  const outage = Object.assign(new Error("READONLY You can't write against a read only replica."), {
    name: "ReplyError",
  });
  const live = new AbortController().signal;
  const lost = AbortSignal.abort(new Interruption("obsolete"));
  for (const [signal, error] of [
    [live, new Later("others are waiting", 0)],
    [live, outage],
    [lost, new TypeError("after the loss")],
  ] as const)
    await expect(orFail(desk, itemOf(1), 1, signal, () => Promise.reject(error))).rejects.toBe(error);
  const faulty = AbortSignal.abort(new Interruption("fault", new TypeError("from a timer")));
  await orFail(desk, itemOf(1), 1, faulty, () => Promise.resolve());
  const results = await own().installation.kv.slices.results("r", 1, ["1-1"]);
  expect(results.get("1-1")).toMatchObject({ failed: 1 });
});

test("runs that follow are asked for in the step that ends the one before, once", async () => {
  await create();
  const first = await store().begin("r", 2);
  const second = await store().begin("r", 3);
  const run = { id: "r", order: orderOf() };
  const follower = {
    id: "next_after_r",
    order: { ...orderOf(), job: "next", requestedBy: "chain" as const },
  };
  const end = (generation?: number) => store().end(run, generation, 4, "succeeded", "", [follower]);
  expect(await end(first?.generation)).toMatchObject({ isEnded: false, followers: [] });
  expect(await store().get("next_after_r")).toBeUndefined();
  expect(await end(second?.generation)).toMatchObject({ isEnded: true, followers: ["next_after_r"] });
  expect(await end()).toMatchObject({ isEnded: false, followers: [] });
  expect(await store().get("next_after_r")).toMatchObject({ state: "queued", order: { job: "next" } });
  expect(await store().unfinished("next")).toHaveLength(1);
});

test("a job that follows another starts although a third job file is invalid, which is reported", async () => {
  const job = (name: string, ...lines: readonly string[]) =>
    writeFile(join(own().path, `jobs/${name}.yaml`), [...lines, ""].join("\n"));
  await writeFile(source(), "text");
  await job("job", JSON.stringify(orderOf().document));
  await job("next", `copy: {from: ${target()}, to: ${target()}2}`, "after: {job: job}");
  await job("other", "copy: 3");
  await create();
  await own().worker();
  const run = await store().get("r");
  if (run !== undefined) await enqueue(own().installation.queues, run);
  await until(async () => (await store().get("next_after_r"))?.state === "ended", "the next job has run");
  expect(await store().get("next_after_r")).toMatchObject({ outcome: "succeeded" });
  expect(existsSync(`${target()}2`)).toBe(true);
  const notes = (await store().logs("r")).map(({ event }) => JSON.stringify(event));
  expect(notes.filter((note) => note.includes("other.yaml is invalid"))).toHaveLength(1);
});
