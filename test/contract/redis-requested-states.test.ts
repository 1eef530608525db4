import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { WorkerDeps } from "../../src/orchestrator/deps.ts";
import { orderFor } from "../../src/orchestrator/runs/request.ts";
import {
  Interruption,
  interruptionOf,
  RequestedStates,
} from "../../src/orchestrator/runs/requested-state.ts";
import { Later } from "../../src/orchestrator/worker/queue/later.ts";
import { requireTakenOver } from "../../src/orchestrator/worker/taken-over.ts";
import { RunPlan } from "../../src/orchestrator/worker/plan/plan-run.ts";
import { jobSchemaFor } from "../../src/config/schema/jobs.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { installationForEach } from "../support/installation.ts";
import { until } from "../support/until.ts";

const own = installationForEach("states");

beforeEach(async () => {
  const document = { copy: { from: join(own().path, "source"), to: join(own().path, "target") } };
  const job = jobSchemaFor(document).parse(document);
  await writeFile(join(own().path, "jobs/job.yaml"), JSON.stringify(document));
  const definition = { name: "job", file: "job.yaml", document, job, rules: [] };
  await store().create("r", orderFor(definition, { requestedBy: "person", because: "test" }), 1);
});

const store = () => own().installation.store;

/** A store whose first answer is on its way until it is let through. */
function held() {
  let letThrough = () => {};
  const gate = new Promise<void>((resolve) => (letThrough = resolve));
  const answers: unknown[] = [];
  const get = async (id: string) => {
    const run = await store().get(id);
    answers.push(run);
    await gate;
    return run;
  };
  return { get, answers, letThrough: () => letThrough() };
}

test("what was read before a run was begun anew does not stop its new beginning", async () => {
  const begun = await store().begin("r", 2);
  const slow = held();
  using states = new RequestedStates(slow);
  using before = states.of("r", begun?.generation);
  await until(() => slow.answers.length === 1, "the run is read");
  const again = await store().begin("r", 3);
  using now = states.of("r", again?.generation);
  slow.letThrough();
  await until(() => before.signal.aborted, "the beginning before hears that it is over");
  await until(() => slow.answers.length >= 3, "the run is read again");
  expect(interruptionOf(before.signal)).toBe("obsolete");
  expect(now.signal.aborted).toBe(false);
});

test("a pause that was read before the run was resumed does not stop what was begun since", async () => {
  const begun = await store().begin("r", 2);
  await store().requestState("r", "pause");
  const slow = held();
  using states = new RequestedStates(slow);
  using before = states.of("r", begun?.generation);
  await until(() => slow.answers.length === 1, "the run is read");
  await store().requestState("r", "run");
  using now = states.of("r", begun?.generation);
  slow.letThrough();
  await until(() => before.signal.aborted, "what was begun before is stopped");
  await until(() => slow.answers.length >= 3, "the run is read again");
  expect(now.signal.aborted).toBe(false);
});

test("a run's queue item does not end while it is the one that has to go on with it", async () => {
  const obsolete = () => ({ signal: AbortSignal.abort(new Interruption("obsolete")), [Symbol.dispose]() {} });
  const slots = await own().installation.kv.slots();
  const deps = {
    ...own().installation,
    ...{ log: noLogger, directories: own().directories, claims: own().installation.kv.claims(), slots },
    ...{
      worker: "w",
      requested: { of: obsolete },
      memory: own().installation.kv.memory(),
      chance: Math.random,
    },
    tracing: { run: () => ({ end() {} }) },
  } as unknown as WorkerDeps;
  const signal = new AbortController().signal;
  await expect(new RunPlan(deps, "r").execute(signal)).rejects.toThrow(Later);
  expect(await store().get("r")).toMatchObject({ state: "running", generation: 1 });
  await slots[Symbol.asyncDispose]();
});

test("who stops has been replaced where the run is begun anew, waits, or has ended", async () => {
  await store().begin("r", 2);
  await expect(requireTakenOver(store(), "r", 1)).rejects.toThrow(Later);
  await store().handBack("r", 1, 3);
  await expect(requireTakenOver(store(), "r", 1)).resolves.toBeUndefined();
  await store().begin("r", 4);
  await expect(requireTakenOver(store(), "r", 1)).resolves.toBeUndefined();
  await expect(requireTakenOver(store(), "r", 2)).rejects.toThrow(Later);
  await expect(requireTakenOver(store(), "unknown", 1)).resolves.toBeUndefined();
});
