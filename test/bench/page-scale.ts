// How the page behaves with a thousand jobs and ten thousand runs: node --import ./.config/register.mjs test/bench/page-scale.ts
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { orderFor } from "../../src/orchestrator/runs/request.ts";
import { runId } from "../../src/orchestrator/runs/run.ts";
import { Api, API_SETTINGS, plantTokens, TOKENS } from "../support/api.ts";
import { launchBrowser } from "../support/browser.ts";
import { Fleet, type FleetEdges } from "../support/fleet.ts";

const [JOBS, RUNS_EACH] = [1_000, 10];
/** Runs that end while a tab looks on: one each second for an hour. */
const EVENTS = 3_600;
const BATCH = 50;

await using fleet = await Fleet.open({}, API_SETTINGS);
await plantTokens(fleet);
await mkdir(join(fleet.desk.path, "config/hosts"), { recursive: true });
for (const host of ["archive", "edge"])
  await writeFile(
    join(fleet.desk.path, `config/hosts/${host}.yaml`),
    "address: 127.0.0.9\nuser: nobody\ntls: off\n",
  );
const names = Array.from({ length: JOBS }, (_, at) => `job-${String(at).padStart(4, "0")}`);
for (const [at, name] of names.entries())
  await fleet.job(name, `mirror: {from: archive:d${at}, to: edge:d${at}}`, 'schedule: {cron: "0 3 1 1 *"}');
await fleet.start("daemon");
const api = Api.of(fleet, TOKENS.ops);

/** Runs that have ended, some of them badly. */
async function endRuns({ store }: FleetEdges, jobs: readonly string[], atMs: number, suffix: string) {
  const ask = async (job: string, at: number) => {
    const id = runId(job, atMs, suffix);
    const document = { mirror: { from: "archive:x", to: "edge:y" } };
    const order = orderFor({ name: job, document, rules: [] }, { requestedBy: "schedule", because: "due" });
    await store.create(id, order, atMs);
    await store.begin(id, atMs);
    await store.end({ id, order }, undefined, atMs + 60_000, at % 20 === 0 ? "failed" : "succeeded", "");
  };
  for (let from = 0; from < jobs.length; from += BATCH)
    await Promise.all(jobs.slice(from, from + BATCH).map((job, at) => ask(job, from + at)));
}

async function heapOf(debuggers: CDPSession): Promise<number> {
  await debuggers.send("HeapProfiler.collectGarbage");
  const { usedSize } = await debuggers.send("Runtime.getHeapUsage");
  return usedSize;
}

/** Milliseconds until the overview has its rows and answers to what is typed. */
async function interactiveAfter(page: Page, base: string): Promise<number> {
  const begun = performance.now();
  await page.goto(`${base}/#/`);
  await page.reload();
  await page.getByRole("searchbox").fill("job-0777");
  await page.getByRole("link", { name: "job-0777" }).first().waitFor();
  const took = performance.now() - begun;
  await page.getByRole("searchbox").fill("");
  return took;
}

/** Files of the largest run; of its log, the daemon keeps the last entries. */
const [FILES, LOGGED, ROUNDS] = [100_000, 20_000, 20];

/** A run of many files that goes on, as its page shows it: milliseconds until its grid is there, the longest frame while 500 files end every half second, and elements. */
async function largeRun({ store }: FleetEdges, page: Page, base: string) {
  const [job, nowMs] = ["job-0001", Date.now()];
  const id = runId(job, nowMs, "large");
  const document = { mirror: { from: "archive:x", to: "edge:y" } };
  const order = orderFor({ name: job, document, rules: [] }, { requestedBy: "person", because: "asked" });
  await store.create(id, order, nowMs);
  await store.begin(id, nowMs);
  await store.count(id, { files: FILES, copied: 60_000, bytes: FILES * 1_000, thirdParty: 60_000_000 });
  let next = 60_000 - LOGGED;
  const logMore = async (many: number) => {
    const events = Array.from({ length: many }, (_, at) => {
      const name = `d${(next + at) % 500}/file-${next + at}.bin`;
      const ends = { source: `archive:x/${name}`, target: `edge:y/${name}` };
      const outcome = (next + at) % 997 === 0 ? ("failed" as const) : ("succeeded" as const);
      const rest = {
        resumedFrom: 0,
        protected: false,
        digest: null,
        because: "550 no",
        seconds: 1,
        attempts: 1,
      };
      return {
        event: "transfer",
        ...ends,
        outcome,
        by: "third-party",
        method: "source-pasv",
        bytes: 1_000,
        ...rest,
      } as const;
    });
    next += many;
    await store.log(id, events, Date.now());
  };
  for (let done = 0; done < LOGGED; done += 1_000) await logMore(1_000);
  const begun = performance.now();
  await page.goto(`${base}/#/run/${id}`);
  await page.getByText("each square is").waitFor();
  const shownMs = performance.now() - begun;
  await page.evaluate(`(() => {
    globalThis.longest = 0;
    let last = performance.now();
    const look = () => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; requestAnimationFrame(look); };
    requestAnimationFrame(look);
  })()`);
  for (let round = 0; round < ROUNDS; round += 1) {
    await logMore(500);
    await store.count(id, { copied: 500, thirdParty: 500_000 });
    await page.waitForTimeout(500);
  }
  const longestMs = await page.evaluate<number>("longest");
  const elements = await page.evaluate<number>("document.querySelectorAll('*').length");
  await store.end({ id, order }, undefined, Date.now(), "cancelled", "");
  return { shownMs, longestMs, elements };
}

await fleet.within(async (edges) => {
  const nowMs = Date.now();
  for (let day = RUNS_EACH; day > 0; day -= 1) await endRuns(edges, names, nowMs - day * 86_400_000, "");
  const browser = await launchBrowser();
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
    await page.goto(api.base);
    await page.getByLabel("Token").fill(TOKENS.ops);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("row").nth(5).waitFor();
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) times.push(await interactiveAfter(page, api.base));
    const large = await largeRun(edges, page, api.base);
    process.stdout.write(
      `a run of ${FILES} files: shown after ${Math.round(large.shownMs)} ms; ${large.elements} elements; ` +
        `longest frame ${Math.round(large.longestMs)} ms while ${ROUNDS * 500} files end\n`,
    );
    await page.goto(`${api.base}/#/`);
    await page.getByRole("row").nth(5).waitFor();
    const debuggers = await page.context().newCDPSession(page);
    const before = await heapOf(debuggers);
    const heaps: number[] = [];
    for (let done = 0; done < EVENTS; done += names.length) {
      await endRuns(edges, names.slice(0, Math.min(names.length, EVENTS - done)), Date.now(), `e${done}`);
      heaps.push(await heapOf(debuggers));
    }
    const megabytes = (bytes: number) => Math.round(bytes / 100_000) / 10;
    const median = times.toSorted((one, two) => one - two)[2] ?? 0;
    process.stdout.write(
      `${JOBS} jobs, ${JOBS * RUNS_EACH} runs: overview interactive after ${Math.round(median)} ms (median of ${times.length}); ` +
        `heap of the tab ${megabytes(before)} MB, during ${EVENTS} runs that end ${heaps.map(megabytes).join(", ")} MB\n`,
    );
  } finally {
    await browser.close();
  }
});
