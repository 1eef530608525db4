import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jobSchemaFor } from "../../src/config/schema/jobs.ts";
import type { Definition } from "../../src/orchestrator/definitions.ts";
import { followersOf } from "../../src/orchestrator/runs/followers.ts";
import { installationForEach } from "../support/installation.ts";
import { until } from "../support/until.ts";

const one = installationForEach("control");

const document = { mirror: { from: "a:/in", to: "b:/out" } };
const asked = { job: "pub", document, rules: [], key: "k1" };

test("what is submitted twice with one key is one run", async () => {
  const { control } = one().installation;
  const first = await control.submit(asked);
  expect(await control.submit({ ...asked, by: "another" })).toMatchObject({ id: first.id });
  expect(await control.runs(10)).toHaveLength(1);
});

test("a run is retried by one run at a time, however many ask for that at once", async () => {
  const { control, store } = one().installation;
  const { id, order } = await control.submit(asked);
  const begun = await store.begin(id, 1);
  await store.failed.add(id, begun?.generation ?? 0, [{ f: 0, p: "in/a", t: "out/a" }]);
  await store.end({ id, order }, undefined, 2, "partial");
  const retries = await Promise.all([control.retry(id), control.retry(id), control.retry(id)]);
  expect(new Set(retries.map((run) => run.id)).size).toBe(1);
  expect(retries[0]).toMatchObject({ state: "queued", order: { retryOf: id } });
  const first = retries[0]?.id ?? "";
  await store.end({ id: first, order: retries[0]?.order ?? order }, undefined, 3, "failed");
  expect((await control.retry(id)).id).not.toBe(first);
});

test("a retry whose files are not known any more fails, and says so, instead of succeeding with none", async () => {
  const { control, store, redis, names } = one().installation;
  const local = { mirror: { from: "/nowhere/in", to: "/nowhere/out" } };
  const { id, order } = await control.submit({ ...asked, document: local });
  const begun = await store.begin(id, 1);
  await store.failed.add(id, begun?.generation ?? 0, [{ f: 0, p: "in/a", t: "out/a" }]);
  await store.end({ id, order }, undefined, 2, "partial");
  const retry = await control.retry(id);
  // As when its record has been deleted since.
  await redis.del(names.failed(id));
  await one().worker();
  await until(async () => (await control.run(retry.id)).state === "ended", "the retry has ended");
  expect(await control.run(retry.id)).toMatchObject({
    outcome: "failed",
    because: expect.stringContaining(`the files that failed in ${id} are not known any more`) as string,
  });
});

test("a run that failed without naming a file is not told that no file failed", async () => {
  const { control, store } = one().installation;
  const { id, order } = await control.submit(asked);
  await store.begin(id, 1);
  await store.end({ id, order }, undefined, 2, "failed");
  await expect(control.retry(id)).rejects.toThrow(
    "no file failed that could be retried; run the whole job again",
  );
});

test("a run that is cancelled before it started is followed by the jobs that follow it whatever the outcome", async () => {
  const { control, store } = one().installation;
  const { jobs } = one().directories;
  for (const on of ["always", "success"])
    await writeFile(join(jobs, `on-${on}.yaml`), `copy: {from: /a, to: /b}\nafter: {job: pub, on: ${on}}\n`);
  const { id } = await control.submit(asked);
  expect(await control.cancel(id)).toMatchObject({ outcome: "cancelled" });
  const others = (await store.unfinished()).map(({ order }) => `${order.job}: ${order.because}`);
  expect(others).toEqual([`on-always: after ${id}: cancelled`]);
});

test("a job file that cannot be read when a queued run is cancelled is named in the log of the run", async () => {
  const { control, store } = one().installation;
  await writeFile(join(one().directories.jobs, "next.yaml"), "copy: 3\n");
  const { id } = await control.submit(asked);
  await control.cancel(id);
  const notes = (await store.logs(id, "0")).map(({ event }) => event);
  expect(notes).toContainEqual({
    event: "note",
    because: expect.stringMatching(/next\.yaml is invalid .*it will not be started$/) as string,
  });
});

test("a chain of jobs with the longest names has IDs that are names of files", async () => {
  const { control } = one().installation;
  const job = "j".repeat(250);
  let run = await control.submit({ ...asked, job });
  expect(run.id.length).toBeLessThanOrEqual(255);
  const name = `k${job.slice(1)}`;
  const follower = {
    name,
    file: `${name}.yaml`,
    document,
    rules: [],
    job: jobSchemaFor(document).parse(document),
  };
  for (let link = 0; link < 4; link += 1) {
    const after = { ...follower, job: { ...follower.job, after: { job: run.order.job, on: "success" } } };
    const [next] = followersOf(run, "succeeded", [after as Definition]);
    expect(next?.id.length).toBeLessThanOrEqual(255);
    expect(next?.id).not.toBe(run.id);
    run = { ...run, id: next?.id ?? "", order: next?.order ?? run.order };
  }
});

test.each([
  ["another document", { document: { mirror: { from: "a:/in", to: "b:/elsewhere" } } }],
  ["another job", { job: "other" }],
  ["other rules", { rules: [{ exclude: "*.tmp" }] }],
  ["a dry run", { dryRun: true }],
])("a key that is used again for %s is refused, and says for what it was used", async (_what, other) => {
  const { control } = one().installation;
  const { id } = await control.submit(asked);
  await expect(control.submit({ ...asked, ...other })).rejects.toMatchObject({
    code: "conflict",
    message: `this key has already been used for ${id}, a different request; choose another key`,
  });
  expect(await control.runs(10)).toHaveLength(1);
});
