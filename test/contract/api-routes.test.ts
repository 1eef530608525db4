import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { appOf } from "../../src/api/app.ts";
import { keyOfNamedHost } from "../../src/api/hosts.ts";
import type { SystemView } from "../../src/api/views/system-schemas.ts";
import type { TransferEvent } from "../../src/batch/events.ts";
import type { Installation } from "../../src/orchestrator/installation.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { Route, routeKey } from "../../src/transfer/move/third-party/route.ts";
import { apiScene } from "../support/api-scene.ts";

// What the API answers on a real Redis, without a socket in between.

const scene = apiScene();
const { ask } = scene;

test.each([
  ["/healthz", 200],
  ["/readyz", 503],
  ["/metrics", 200],
  ["/tunasync.json", 200],
  ["/api/v1/me", 200],
  ["/api/v1/system", 200],
  ["/api/v1/audit?limit=5", 200],
  ["/api/v1/hosts", 200],
  ["/api/v1/jobs", 200],
  ["/api/v1/jobs/nightly", 200],
  ["/api/v1/jobs/none", 404],
  ["/api/v1/jobs/nightly/history", 200],
  ["/api/v1/history", 200],
  ["/api/v1/links", 200],
  ["/api/v1/links/history?source=a&target=b", 200],
  ["/api/v1/links/remembered?source=edge&target=edge", 200],
  ["/api/v1/links/remembered?source=edge&target=none", 404],
  ["/api/v1/runs/none_1/events", 404],
  ["/api/v1/schedule/next", 200],
  ["/api/v1/runs", 200],
  ["/api/v1/runs/none_1", 404],
])("GET %s is answered with %d", async (path, status) => {
  expect(await ask("GET", path)).toMatchObject({ status });
});

test("a host that is paused says by whom, until it is released", async () => {
  const paused = { name: "edge", paused: { because: "paused by ops" } };
  expect(await ask("POST", "/api/v1/hosts/edge/pause")).toMatchObject({ body: { hosts: [paused] } });
  const { body } = await ask("POST", "/api/v1/hosts/edge/release");
  expect(JSON.stringify(body)).not.toContain("paused");
  expect(await ask("POST", "/api/v1/hosts/none/pause")).toMatchObject({ status: 404 });
});

test("a job is paused and resumed, and one due time skipped", async () => {
  expect(await ask("POST", "/api/v1/jobs/nightly/pause")).toMatchObject({ body: { paused: true } });
  expect(await ask("POST", "/api/v1/jobs/nightly/resume")).toMatchObject({ body: { paused: false } });
  const skip = await ask("POST", "/api/v1/jobs/nightly/skip");
  expect(skip).toMatchObject({ status: 200, body: { job: "nightly", skipped: true } });
  expect(await ask("POST", "/api/v1/jobs/nightly/unskip")).toMatchObject({ body: { skipped: false } });
});

test("a run is submitted, shown, held, let go on and cancelled", async () => {
  const submitted = await ask("POST", "/api/v1/runs", { job: "nightly" });
  expect(submitted).toMatchObject({ status: 202, body: { job: "nightly" } });
  const { id } = submitted.body as { id: string };
  for (const part of ["", "/log", "/transcripts", "/in-flight"])
    expect(await ask("GET", `/api/v1/runs/${id}${part}`), part).toMatchObject({ status: 200 });
  // Nobody works here, which is why it does not begin.
  expect(await ask("GET", `/api/v1/runs/${id}`)).toMatchObject({
    body: { state: "queued", notes: ["no worker is running; start one with fxpd worker or fxpd daemon"] },
  });
  for (const what of ["pause", "resume", "cancel"])
    expect((await ask("POST", `/api/v1/runs/${id}/${what}`)).status, what).toBeLessThan(300);
  expect(await ask("POST", `/api/v1/runs/${id}/retry`)).toMatchObject({ status: 409 });
});

const failed = (outcome: TransferEvent["outcome"], because: string): TransferEvent => ({
  event: "transfer",
  ...{ source: "edge:/pub/a.iso", target: "edge:/copy/a.iso", outcome, because },
  ...{ by: null, method: null, bytes: 0, resumedFrom: 0, protected: null, digest: null },
  ...{ seconds: 1, attempts: 1 },
});

test("a link says which methods are remembered as refused, and no others", async () => {
  const { kv, clock } = scene.here.installation;
  const counts = kv.counting("r", clock);
  for (const target of ["edge", "gone"])
    counts.links.add({ source: "edge", target }, failed("failed", "450 busy"), "450 busy");
  await counts.close();
  const linksNow = async () => {
    const { body } = await ask("GET", "/api/v1/links");
    const { links } = body as { readonly links: readonly { target: string; refused?: readonly string[] }[] };
    return Object.fromEntries(links.map(({ target, refused }) => [target, refused]));
  };
  expect(await linksNow()).toEqual({ edge: undefined, gone: undefined });
  const account = (await keyOfNamedHost("edge", scene.deps.directories)) ?? "";
  const route = await Route.recall(routeKey(account, account), kv.memory(), clock);
  route.worked({ name: "source-pasv" });
  route.refused({ name: "target-pasv" }, "500 Illegal PORT command", "settings");
  route.refused({ name: "source-epsv" }, "500 EPRT not understood", "unknown");
  await route.settled();
  // A host that has no file any more has nothing that could be remembered of it.
  expect(await linksNow()).toEqual({ edge: ["target-pasv", "source-epsv"], gone: undefined });
  route.allowed({ name: "target-pasv" });
  route.allowed({ name: "source-epsv" });
  await route.settled();
  expect(await linksNow()).toEqual({ edge: undefined, gone: undefined });
});

test("a failure in a run's log has its cause, by the words of the run's causes", async () => {
  const { store } = scene.here.installation;
  const { id } = (await ask("POST", "/api/v1/runs", { job: "nightly" })).body as { id: string };
  const because = "edge: STOR /copy/a.iso: 452 No room";
  const events = [
    failed("failed", because),
    failed("partial", "edge: DELE pub/a.iso: 550 denied"),
    failed("succeeded", "both servers allow it"),
    { event: "fault", path: "edge:/pub/b", because: "edge: /pub/b: 550 no such file" } as const,
    { event: "note", because } as const,
  ];
  await store.log(id, events, Date.now());
  const { body } = await ask("GET", `/api/v1/runs/${id}/log`);
  const { entries } = body as { readonly entries: readonly { readonly cause?: string }[] };
  expect(entries.map(({ cause }) => cause)).toEqual([
    "edge: STOR …: 452 No room",
    "edge: DELE …: 550 denied",
    undefined,
    "edge: …: 550 no such file",
    undefined,
  ]);
  await ask("POST", `/api/v1/runs/${id}/cancel`);
});

test("runs of one job in one state are found behind any number of later ones of others", async () => {
  const { store } = scene.here.installation;
  const nowMs = Date.now();
  const order = (job: string) => ({
    ...{ job, document: {}, rules: [], dryRun: false },
    ...{ requestedBy: "person" as const, because: "test" },
  });
  const end = (id: string, job: string) =>
    store.end({ id, order: order(job) }, undefined, Date.now(), "succeeded");
  for (const [at, id] of ["rare_1", "rare_2", "rare_3"].entries())
    await store.create(id, order("rare"), nowMs - 3 + at);
  for (const id of ["rare_1", "rare_2"]) await end(id, "rare");
  for (let at = 0; at < 300; at += 1) {
    await store.create(`often_${at}`, order("often"), nowMs + at);
    if (at % 2 === 0) await end(`often_${at}`, "often");
  }
  const found = async (query: string) => {
    const { body } = await ask("GET", `/api/v1/runs?${query}`);
    return (body as { readonly runs: readonly { readonly id: string }[] }).runs.map(({ id }) => id);
  };
  expect(await found("job=rare")).toEqual(["rare_3", "rare_2", "rare_1"]);
  expect(await found("job=rare&limit=1")).toEqual(["rare_3"]);
  expect(await found("job=rare&state=ended")).toEqual(["rare_2", "rare_1"]);
  expect(await found("job=rare&state=ended&limit=1")).toEqual(["rare_2"]);
  expect(await found("job=rare&state=queued&limit=1")).toEqual(["rare_3"]);
  expect(await found("job=rare&state=running")).toEqual([]);
  expect(await found("state=ended&limit=3")).toEqual(["often_298", "often_296", "often_294"]);
  for (const run of await store.unfinished())
    if (run.order.job !== "nightly") await end(run.id, run.order.job);
});

test("files are read again only where a scheduler listens", async () => {
  expect(await ask("POST", "/api/v1/reload")).toMatchObject({ status: 409 });
  let heard = () => {};
  const hears = new Promise<void>((resolve) => (heard = resolve));
  using _ = await scene.here.installation.kv.reloads.listen(() => heard());
  expect(await ask("POST", "/api/v1/reload")).toMatchObject({
    status: 202,
    body: { jobs: 1, schedulers: 1 },
  });
  await hears;
});

test.each([
  ["ahead", 3_600_000],
  ["behind", -3_600_000],
])(
  "an API whose clock is an hour %s shows an examination that goes on, and a file in flight, as they are",
  async (_, skewMs) => {
    const { kv } = scene.here.installation;
    const clock = { ...systemClock, now: () => Date.now() + skewMs };
    const installation = Object.create(scene.here.installation, { clock: { value: clock } }) as Installation;
    const skewed = appOf({ ...scene.deps, installation });
    await kv.examinations.write({ source: "edge", target: "edge", by: "else", tried: [] });
    const path = "/api/v1/links/examination?source=edge&target=edge";
    expect(await ask("GET", path, undefined, skewed)).toMatchObject({ body: { state: "running" } });
    await using flight = kv.inFlight(`run-${skewMs}`, { worker: "w", lane: 1 }, clock);
    flight.note({ event: "start", source: "a", target: "b", size: 3 });
    const found = await vi.waitFor(
      async () => {
        const files = await kv.filesInFlight(`run-${skewMs}`);
        expect(files).toHaveLength(1);
        return files;
      },
      { timeout: 60_000, interval: 50 },
    );
    // By the clock of Redis, which is this machine's scene.here.
    expect(Math.abs(Date.now() - (found[0]?.startedMs ?? 0))).toBeLessThan(60_000);
  },
);

test("an examination that nobody has written down again is lost", async () => {
  const { kv, redis: client, names } = scene.here.installation;
  const begun = await kv.examinations.write({ source: "edge", target: "edge", by: "else", tried: [] });
  const [row = ""] = await client.keys(names.examination("*"));
  await client.set(row, JSON.stringify({ ...begun, seenMs: begun.seenMs - 21_000 }));
  const path = "/api/v1/links/examination?source=edge&target=edge";
  expect(await ask("GET", path)).toMatchObject({ body: { state: "lost" } });
});

test("a run that waits for a paused host says for which one, until when and why", async () => {
  await scene.here.job("outward", "copy: {from: ./a, to: edge:b}");
  const { definitions } = scene.deps;
  await definitions.reread();
  await ask("POST", "/api/v1/hosts/edge/pause");
  const submitted = await ask("POST", "/api/v1/runs", { job: "outward" });
  const { id } = submitted.body as { id: string };
  const { body } = await ask("GET", `/api/v1/runs/${id}`);
  expect(body).toMatchObject({
    notes: expect.arrayContaining([
      expect.stringMatching(/^waiting for edge, which is paused until 20\S+Z: paused by ops$/),
    ]),
  });
  await ask("POST", "/api/v1/hosts/edge/release");
  expect(JSON.stringify((await ask("GET", `/api/v1/runs/${id}`)).body)).not.toContain("waiting for edge");
  expect(await ask("POST", `/api/v1/runs/${id}/cancel`)).toMatchObject({ status: 202 });
  await rm(join(scene.here.path, "jobs/outward.yaml"));
  await definitions.reread();
});

/** What two lanes wait for. */
const EDGE = { for: "a connection to edge", host: "edge", lanes: 2 };

test("the system names its workers, their machines, and what each works on", async () => {
  const { kv } = scene.here.installation;
  await using lease = await kv.workerLease({ version: "9", sinceMs: Date.now() });
  lease.tellOf(() => ({ lanes: 4, busy: [{ run: "nightly_1", lanes: 1, waiting: [EDGE] }] }));
  const found = await vi.waitFor(
    async () => {
      const { body } = await ask("GET", "/api/v1/system");
      const { workers, workerList } = body as SystemView;
      const works = [{ run: "nightly_1", plans: false, lanes: 1, waiting: [EDGE] }];
      expect([workers, workerList[0]?.works]).toEqual([1, works]);
      return workerList[0];
    },
    { timeout: 60_000, interval: 100 },
  );
  expect(found).toMatchObject({ id: lease.id, host: hostname(), pid: process.pid, version: "9", lanes: 4 });
  expect(found?.since).toMatch(/^20/);
  expect(await ask("GET", "/readyz")).toMatchObject({ status: 200 });
  const { body: metrics } = await ask("GET", "/metrics");
  expect(metrics).toMatch(/^fxpd_workers 1$/m);
  expect(metrics).toMatch(/^fxpd_worker_lanes{state="waiting"} 2$/m);
  expect(metrics).toMatch(/^fxpd_worker_lanes{state="idle"} 1$/m);
  expect(metrics).toMatch(/^fxpd_host_lanes_waiting{host="edge"} 2$/m);
  await lease[Symbol.asyncDispose]();
  expect(await ask("GET", "/readyz")).toMatchObject({ status: 503 });
  expect((await ask("GET", "/metrics")).body).toMatch(/^fxpd_workers 0$/m);
});

test("a link is not examined with a host that does not exist, nor for a body of another shape", async () => {
  const path = "/api/v1/links/examination";
  expect(await ask("POST", path, { source: "edge", target: "none" })).toMatchObject({ status: 404 });
  expect(await ask("POST", path, { source: "edge" })).toMatchObject({ status: 422 });
});
