import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { definitionOf } from "../../src/orchestrator/definitions.ts";
import { type AttackedWorker, workerForEach } from "../support/attacked-worker.ts";
import { until } from "../support/until.ts";

// Redis is a noticeboard, not an administrator: what stands there starts only what the worker's own machine allows.

let worker: AttackedWorker;
const at = workerForEach("orders", (one) => {
  worker = one;
});
const refusals = () => worker.warnings.filter(({ message }) => message === "run refused: order not accepted");

test("a forged order that reads a file of the worker's machine is refused with one warning", async () => {
  await writeFile(at("secret"), "hush");
  const run = await worker.forge("forged_1", {
    document: { copy: { from: at("secret"), to: `${at("out")}/` } },
  });
  expect(run).toMatchObject({ outcome: "refused" });
  expect(run.because).toMatch(/not a job in this worker's jobs\/.*not signed with this worker's key/);
  expect(existsSync(at("out"))).toBe(false);
  expect(worker.warnings).toHaveLength(1);
  expect(refusals()).toHaveLength(1);
});

test("a forged order that writes a host file is refused", async () => {
  await writeFile(at("evil.yaml"), "address: 127.0.0.1\n");
  const document = { copy: { from: at("evil.yaml"), to: `${at("config/hosts")}/` } };
  expect(await worker.forge("forged_2", { document })).toMatchObject({ outcome: "refused" });
  expect(await readdir(at("config/hosts"))).toEqual([]);
});

test.each([
  [{ address: "127.0.0.1", passwordFrom: { command: ["touch", "PLANTED"] } }],
  [{ host: { passwordFrom: { command: ["touch", "PLANTED"] } } }],
])("a forged order with a host of its own, whose password is a command, runs none: %j", async (host) => {
  const planted = JSON.parse(JSON.stringify(host).replace("PLANTED", at("planted"))) as object;
  const document = { copy: { from: planted, to: at("out") }, hosts: { evil: planted } };
  expect(await worker.forge("forged_3", { document })).toMatchObject({ outcome: "refused" });
  expect(existsSync(at("planted"))).toBe(false);
});

test("an order in the name of a job that is another document than the job's file is refused", async () => {
  await worker.job("nightly", `copy: {from: ${at("a")}, to: ${at("b")}}`);
  await writeFile(at("secret"), "hush");
  const document = { copy: { from: at("secret"), to: at("b") } };
  const run = await worker.forge("forged_4", { job: "nightly", document });
  expect(run).toMatchObject({ outcome: "refused" });
  expect(run.because).toContain("differs from");
  expect(existsSync(at("b"))).toBe(false);
});

test("rules that the job's file has not are refused as well", async () => {
  await mkdir(at("in"));
  await writeFile(at("in/kept.txt"), "kept");
  await worker.job("nightly", `mirror: {from: ${at("in")}, to: ${at("out")}}`, "exclude: [kept.txt]");
  const { document } = await definitionOf("nightly", { config: at("config"), jobs: at("jobs") });
  expect(await worker.forge("forged_5", { job: "nightly", document })).toMatchObject({ outcome: "refused" });
  expect(existsSync(at("out/kept.txt"))).toBe(false);
});

test("a file outside jobs/ that an order calls its job gives no authority", async () => {
  await writeFile(at("secret"), "hush");
  await writeFile(at("planted.yaml"), `copy: {from: ${at("secret")}, to: ${at("out")}}\n`);
  const document = { copy: { from: at("secret"), to: at("out") } };
  for (const [index, job] of ["planted.yaml", "..planted"].entries())
    await worker.forge(`forged_6${index}`, { job: job.replace(/^\.\./, ""), document });
  expect(existsSync(at("out"))).toBe(false);
});

test("a signature of another run, or of another document, is invalid", async () => {
  await writeFile(at("mine"), "mine");
  const { control, redis: client, names } = worker.installation;
  const document = { copy: { from: at("mine"), to: at("out") } };
  const { id } = await control.submit({ job: "adhoc", document, rules: [] });
  expect(await worker.untilEnded(id)).toMatchObject({ outcome: "succeeded" });
  const order = JSON.parse((await client.hget(names.run(id), "order")) ?? "") as { signature: string };
  expect(order.signature).toMatch(/^[0-9a-f]{64}$/);
  const replayed = await worker.forge("adhoc_replayed", { ...order, job: "adhoc", document });
  expect(replayed).toMatchObject({ outcome: "refused" });
});

test("what is only in the index of a job's runs holds none of them up", async () => {
  await writeFile(at("a"), "bytes");
  await worker.job("nightly", `copy: {from: ${at("a")}, to: ${at("b")}}`);
  const { redis: client, names } = worker.installation;
  for (const id of ["gone", "a/../b", "odd"]) await client.zadd(names.openOf("nightly"), 1, id);
  await client.set(names.run("odd"), "x");
  const run = await worker.begin("nightly_1", "nightly");
  expect(run).toMatchObject({ outcome: "succeeded" });
});

test("the job of the worker's own jobs/ is carried out, whoever asks for it", async () => {
  await writeFile(at("a"), "bytes");
  await worker.job("nightly", `copy: {from: ${at("a")}, to: ${at("b")}}`);
  const run = await worker.begin("nightly_1", "nightly");
  expect(run).toMatchObject({ outcome: "succeeded", counters: { copied: 1 } });
  expect(await readFile(at("b"), "utf8")).toBe("bytes");
  expect(worker.warnings).toEqual([]);
});

test("an order that was signed here is carried out, though no job says so", async () => {
  await writeFile(at("a"), "bytes");
  const document = { copy: { from: at("a"), to: at("b") } };
  const { id } = await worker.installation.control.submit({ job: "adhoc", document, rules: [] });
  expect(await worker.untilEnded(id)).toMatchObject({ outcome: "succeeded" });
  expect(await readFile(at("b"), "utf8")).toBe("bytes");
});

const LEADS_OUT = "../secret";

test.each<[string, object]>([
  ["reads outside the source directory", { f: 0, p: "ROOT/secret", t: "ROOT/out/secret" }],
  ["leads out of it on its way", { f: 0, p: `ROOT/in/${LEADS_OUT}`, t: `ROOT/out/${LEADS_OUT}` }],
  ["writes outside the target directory", { f: 0, p: "ROOT/in/a", t: "ROOT/config/hosts/a" }],
  ["gives a file another name", { f: 0, p: "ROOT/in/a", t: "ROOT/out/b" }],
  ["is for what the rules leave out", { f: 0, p: "ROOT/in/left.txt", t: "ROOT/out/left.txt" }],
  ["puts aside what stands elsewhere", { f: 0, p: "ROOT/in/a", t: "ROOT/out/a", a: "ROOT/config/x" }],
  ["has a source that the run has not", { f: 7, p: "ROOT/in/a", t: "ROOT/out/a" }],
  ["is for a target that the run has not", { f: 0, p: "ROOT/in/a", t: "ROOT/out/a", o: 5 }],
])("a slice with a task that %s is refused whole, with one warning", async (_, task) => {
  await mkdir(at("in"));
  for (const name of ["in/a", "in/left.txt", "secret"]) await writeFile(at(name), "bytes");
  await worker.job("tree", `mirror: {from: ${at("in")}, to: ${at("out")}}`, "exclude: [left.txt]");
  const { document, rules } = await definitionOf("tree", { config: at("config"), jobs: at("jobs") });
  const { redis: client, names, queues } = worker.installation;
  const order = { job: "tree", document, rules, dryRun: false, requestedBy: "person", because: "" };
  const fields = { order: JSON.stringify(order), created: 1, state: "running", wish: "run", generation: 1 };
  await client.hset(names.run("tree_1"), fields);
  const packed = JSON.parse(JSON.stringify(task).replaceAll("ROOT", worker.path)) as object;
  const data = { run: "tree_1", generation: 1, slice: "1-1", hosts: [], tasks: [packed] };
  await queues.slices.add("slice", data as never, { jobId: "tree_1_1-1", priority: 1 });
  await until(
    async () => (await queues.slices.getJobState("tree_1_1-1")) === "unknown",
    () => JSON.stringify(worker.warnings),
  );
  expect(worker.warnings.map(({ message }) => message)).toEqual([
    "slice refused: it does not belong to its run",
  ]);
  for (const path of ["out", "config/hosts/a", "config/x"]) expect(existsSync(at(path))).toBe(false);
});

test("of the files that failed in another run, those that are none of this one are not copied by its retry, and count as failed", async () => {
  await mkdir(at("in"));
  for (const name of ["in/a", "secret"]) await writeFile(at(name), "bytes");
  await worker.job("tree", `mirror: {from: ${at("in")}, to: ${at("out")}}`);
  const { document, rules } = await definitionOf("tree", { config: at("config"), jobs: at("jobs") });
  const { redis: client, names } = worker.installation;
  const good = { f: 0, p: at("in/a"), t: at("out/a") };
  const forged = [
    { ...good, p: at("secret") },
    { ...good, t: at("jobs/a.yaml") },
    { ...good, o: 9 },
  ];
  for (const task of [good, ...forged, "{"])
    await client.rpush(names.failed("tree_0"), typeof task === "string" ? task : JSON.stringify(task));
  const asked = { requestedBy: "retry", retryOf: "tree_0" } as const;
  const order = { job: "tree", document, rules: [...rules], ...asked };
  const run = await worker.forge("tree_1", order);
  expect(run).toMatchObject({ outcome: "partial", counters: { files: 4, copied: 1, failed: 3 } });
  expect(await readdir(at("jobs"))).toEqual(["tree.yaml"]);
  expect(worker.warnings).toHaveLength(4);
});

test("items that no queue can read hold no other one up, and are warned of", async () => {
  const { redis: client, names, control } = worker.installation;
  await client.hset(`${names.prefix}:runs:bad`, { data: "{", name: "run", opts: "{}", timestamp: 1 });
  for (const id of ["bad", "bad", "gone"]) await client.lpush(`${names.prefix}:runs:wait`, id);
  await client.zadd(`${names.prefix}:runs:marker`, 0, "0");
  await until(
    () => worker.warnings.length >= 2,
    () => JSON.stringify(worker.warnings),
  );
  await writeFile(at("a"), "bytes");
  const document = { copy: { from: at("a"), to: at("b") } };
  const { id } = await control.submit({ job: "adhoc", document, rules: [] });
  expect(await worker.untilEnded(id)).toMatchObject({ outcome: "succeeded" });
});

test("slices and runs in the queues that are none are left out with one warning each", async () => {
  const { queues } = worker.installation;
  await queues.slices.add("slice", { run: "../x", tasks: "none" } as never, { jobId: "bad_1", priority: 1 });
  const stolen = { run: "tree_1", generation: 1, slice: "1-1", hosts: [], tasks: [] };
  await queues.slices.add("slice", stolen, { jobId: "other_1", priority: 1 });
  await queues.runs.add("run", { run: "../../etc" }, { jobId: "bad_2", priority: 1 });
  await queues.runs.add("run", { run: { $ne: 1 } } as never, { jobId: "bad_3", priority: 1 });
  await until(
    () => worker.warnings.length >= 4,
    () => JSON.stringify(worker.warnings),
  );
  const rows = worker.warnings.map(({ fields }) => String(fields["row"]).replace(/^.* /, ""));
  expect(rows.sort()).toEqual(["bad_1", "bad_2", "bad_3", "other_1"]);
});
