import { spawnSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { debianPackages } from "../servers/debian.ts";
import { randomLoopback } from "../servers/index.ts";
import { PASSWORD } from "../servers/server.ts";
import { type ArchiveAndEdge, archiveAndEdge } from "../support/archive-and-edge.ts";
import { Api, API_SETTINGS, plantTokens, TOKENS } from "../support/api.ts";
import { axeFinds, launchBrowser } from "../support/browser.ts";
import { Fleet, type Member, until } from "../support/fleet.ts";
import { growTree, treeOf } from "../support/trees.ts";

const MEGABYTE = 1_000_000;
const WAIT = { timeout: 20_000 };

let started: ArchiveAndEdge;
let fleet: Fleet;
let daemon: Member;
let browser: Browser;
let api: Api;
/** What the page's server has answered, and what the browser complained of. */
const heard: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  started = await archiveAndEdge(3 * MEGABYTE);
  const { archive, edge } = started;
  // A restarted API is to be found where it was; nobody else listens on this address.
  const where = `address: ${randomLoopback()}\n  port: 8021`;
  fleet = await Fleet.open(
    { archive, edge },
    API_SETTINGS.map((line) => line.replace("port: 0", where)),
  );
  await plantTokens(fleet);
  await growTree(join(archive.root, "pub"), treeOf({ files: 20, directories: 2 }));
  await mkdir(join(archive.root, "large"));
  for (const name of ["a", "b", "c", "d"])
    await writeFile(join(archive.root, `large/${name}.iso`), Buffer.alloc(40 * MEGABYTE, "a disc; "));
  await fleet.job("large", "mirror: {from: archive:large, to: edge:large}", "parallel: 1");
  await fleet.job("small", "mirror: {from: archive:pub, to: edge:pub}", 'schedule: {cron: "0 3 * * *"}');
  await fleet.job("broken", "copy: {from: archive:pub/missing.iso, to: edge:x/}", "staleAfter: 26h");
  [daemon, browser] = await Promise.all([fleet.start("daemon"), launchBrowser()]);
  api = Api.of(fleet, TOKENS.ops);
});
afterAll(async () => {
  await browser?.close();
  await fleet[Symbol.asyncDispose]();
  await started[Symbol.asyncDispose]();
});

async function opened(width = 1280, token: string = TOKENS.ops): Promise<Page & AsyncDisposable> {
  const context: BrowserContext = await browser.newContext({ viewport: { width, height: 844 } });
  const page = await openedIn(context, token);
  return Object.assign(page, { [Symbol.asyncDispose]: () => context.close() });
}

async function openedIn(context: BrowserContext, token: string): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (/content.security.policy|refused to/i.test(message.text())) complaints.push(message.text());
  });
  page.on("response", (response) => {
    const isStream = /events$/.test(response.url());
    heard.push(response.url(), JSON.stringify(response.headers()));
    if (!isStream)
      void response.text().then(
        (text) => heard.push(text),
        () => {},
      );
  });
  await page.goto(api.base);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Jobs" }).waitFor(WAIT);
  return page;
}

const submit = async (job: string) => String((await api.post("/api/v1/runs", { job })).body["id"]);

async function movedOn(page: Page): Promise<number> {
  return Number(await page.locator("[data-name=Moved]").getAttribute("data-bytes", WAIT));
}

test("a running third-party mirror's bytes move without a reload, and a click cancels it", async () => {
  await using page = await opened();
  const run = await submit("large");
  await page.getByRole("listitem").filter({ hasText: "large" }).getByRole("link").click(WAIT);
  await page.getByRole("heading", { level: 1, name: /^large running/ }).waitFor(WAIT);
  expect(page.url()).toContain(run);
  const seen = new Set<number>();
  // Within one file: its bytes are seen as they come, from server to server.
  await until(
    async () => seen.add(await movedOn(page)).size >= 4,
    () => `bytes move: ${[...seen].join()}\n${fleet.log.slice(-2_000)}`,
    30_000,
  );
  await page.getByText("archive:large/").first().waitFor(WAIT);
  const shown = /^(source|target)-pasv, lane 1$/;
  await page.getByRole("listitem").filter({ hasText: "archive:large/" }).getByText(shown).waitFor(WAIT);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByText(shown).waitFor(WAIT);
  expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
  await page.setViewportSize({ width: 1280, height: 844 });
  const cancel = page.getByRole("button", { name: "Cancel" });
  await cancel.focus();
  await page.keyboard.press("Enter");
  await page.locator("button:focus", { hasText: "No" }).waitFor(WAIT);
  await page.keyboard.press("Escape");
  await page.locator("button:focus", { hasText: "Cancel" }).waitFor(WAIT);
  await cancel.click();
  await page.getByRole("button", { name: "Yes" }).click();
  await page.getByRole("heading", { level: 1, name: /^large cancelled/ }).waitFor(WAIT);
  // The button that had the focus is gone.
  await page.locator("main:focus").waitFor(WAIT);
  expect((await fleet.show(run)).outcome).toBe("cancelled");
});

test("what failed, and the server's words for it, are read on the overview and on the run's page; a job without its file keeps its history", async () => {
  await using page = await opened();
  const run = await submit("broken");
  await fleet.until(run, ({ state }) => state === "ended");
  const row = page.getByRole("row").filter({ hasText: "broken" });
  await row.getByText(/pub\/missing\.iso: /).waitFor(WAIT);
  await row.getByText("failing").waitFor(WAIT);
  await page.getByRole("searchbox").fill("FAILING");
  await row.getByRole("link", { name: "last run of broken" }).click();
  await page
    .getByText(/missing\.iso: /)
    .first()
    .waitFor(WAIT);
  await page.goBack();
  expect(await page.getByRole("searchbox").inputValue(WAIT)).toBe("FAILING");
  await page.goForward();
  await page.getByRole("heading", { level: 1 }).getByRole("link", { name: "broken" }).click();
  await page.getByRole("button", { name: "Run now" }).waitFor(WAIT);
  await rm(join(fleet.desk.path, "jobs/broken.yaml"));
  await page.getByText(/^The job broken is no longer in jobs\//).waitFor(WAIT);
  await page.getByRole("table", { name: "Runs" }).getByText("failed").waitFor(WAIT);
  expect(await page.getByRole("button", { name: "Run now" }).count()).toBe(0);
});

test("eight tabs that are looked at side by side all load, hear of what happens, and take orders", async () => {
  // A browser has six connections to one address, and each tab used to keep one of them.
  const context = await browser.newContext();
  try {
    const pages: Page[] = [];
    for (let count = 0; count < 8; count += 1) pages.push(await openedIn(context, TOKENS.ops));
    expect(await Promise.all(pages.map((page) => page.evaluate<boolean>("document.hidden")))).not.toContain(
      true,
    );
    const shows = async (page: Page) =>
      (await page.getByRole("row").filter({ hasText: "small" }).getByText("paused").count()) > 0;
    for (const isPaused of [true, false]) {
      await api.post(`/api/v1/jobs/small/${isPaused ? "pause" : "resume"}`);
      await until(
        async () => (await Promise.all(pages.map(shows))).every((shown) => shown === isPaused),
        () => `all tabs show that the job is ${isPaused ? "paused" : "resumed"}`,
        30_000,
      );
    }
    // The last one is as good as the first.
    const last = pages.at(-1);
    await last?.goto(`${api.base}/#/hosts`);
    await last?.getByRole("button", { name: "Pause 10 min: edge" }).click(WAIT);
    await last?.getByRole("button", { name: "End pause: edge" }).click(WAIT);
    await last?.getByRole("button", { name: "Pause 10 min: edge" }).waitFor(WAIT);
  } finally {
    await context.close();
  }
});

test("every page is there by the keyboard alone, and axe finds nothing serious on any, in light and dark", async () => {
  await using page = await opened();
  await fleet.until(await submit("small"), ({ state }) => state === "ended");
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
  const found: string[] = [];
  for (const [key, name] of [
    ["links", "Links"],
    ["hosts", "Hosts"],
    ["schedule", "Schedule"],
    ["system", "System"],
  ] as const) {
    const focused = () => page.evaluate("document.activeElement.textContent");
    for (let at = 0; at < 12 && (await focused()) !== name; at += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name }).waitFor(WAIT);
    expect(page.url()).toContain(`#/${key}`);
    // What was asked for has the focus; the links before it are reached from the start again.
    await page.locator("main:focus").waitFor(WAIT);
    found.push(...(await axeFinds(page)));
    await page.evaluate("document.querySelector('.brand').focus()");
  }
  await page.getByRole("cell").first().waitFor(WAIT);
  for (const path of ["#/", "#/links/archive/edge", "#/job/small", `#/run/${(await fleet.runs())[0]?.id}`]) {
    await page.goto(`${api.base}/${path}`);
    await page.getByRole("heading").nth(1).waitFor(WAIT);
    found.push(...(await axeFinds(page)));
  }
  for (const path of ["#/nowhere", "#/job/nobody", "#/run/nobody", "#/hosts/nobody", "#/%"]) {
    await page.goto(`${api.base}/${path}`);
    await page.getByRole("heading", { level: 1, name: "Not found" }).waitFor(WAIT);
  }
  await page.goto(`${api.base}/#/hosts/archive`);
  await page.getByRole("heading", { name: "Links, last 24 hours" }).waitFor(WAIT);
  found.push(...(await axeFinds(page)));
  await page.emulateMedia({ colorScheme: "dark" });
  found.push(...(await axeFinds(page)));
  expect(found).toEqual([]);
});

test("at 390 pixels nothing is wider than the screen, and a token that may only read has no buttons that change anything", async () => {
  await using page = await opened(390, TOKENS.eye);
  for (const path of ["#/", "#/links", "#/hosts", "#/schedule", "#/system", "#/job/small"]) {
    await page.goto(`${api.base}/${path}`);
    await page.getByRole("heading").first().waitFor(WAIT);
    await until(
      async () => (await page.getByText("Loading…").count()) === 0,
      () => path,
    );
    expect(await page.evaluate<number>("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(
      390,
    );
    const names = /run now|pause|cancel|skip|release|reload/i;
    expect(await page.getByRole("button", { name: names }).count(), path).toBe(0);
  }
});

test("a link's page says what is remembered, and runs the doctor", async () => {
  await using page = await opened();
  await fleet.until(await submit("small"), ({ state }) => state === "ended");
  await page.goto(`${api.base}/#/links/archive/edge`);
  const doctor = page.getByRole("region", { name: /^Doctor/ });
  await doctor.getByText("Not examined yet.").waitFor(WAIT);
  await doctor.getByRole("button", { name: "Run doctor" }).click();
  await doctor.getByText("succeeded", { exact: true }).waitFor({ timeout: 90_000 });
  await doctor.locator("button:focus", { hasText: "Run doctor" }).waitFor(WAIT);
  const methods = doctor.getByRole("list", { name: "Methods" }).getByRole("listitem");
  expect(await methods.filter({ hasText: "works" }).count()).toBeGreaterThan(0);
  const remembered = page.getByRole("region", { name: "Remembered methods and features" });
  await remembered.getByText("works", { exact: true }).waitFor(WAIT);
  const { status } = await api.post("/api/v1/links/examination", { source: "archive", target: "nobody" });
  expect(status).toBe(404);
});

test("buttons pause a host and release it, skip a due time and take that back, and reload the configuration", async () => {
  await using page = await opened();
  await page.goto(`${api.base}/#/hosts`);
  await page.getByRole("button", { name: "Pause 10 min: edge" }).click(WAIT);
  await page.getByText(/paused by ops/).waitFor(WAIT);
  await page.getByRole("button", { name: "End pause: edge" }).click();
  await page.getByRole("button", { name: "Pause 10 min: edge" }).waitFor(WAIT);
  await page.goto(`${api.base}/#/schedule`);
  await page
    .getByRole("button", { name: /^Skip: small/ })
    .first()
    .click(WAIT);
  await page
    .getByRole("button", { name: /^Unskip: small/ })
    .first()
    .click(WAIT);
  await page
    .getByRole("button", { name: /^Skip: small/ })
    .first()
    .waitFor(WAIT);
  await page.goto(`${api.base}/#/system`);
  await page.getByRole("button", { name: "Reload configuration" }).click(WAIT);
  await page.getByText(/^Last reload .*Redis$/).waitFor(WAIT);
});

test("the page says that Redis is away, and goes on by itself when the API has been restarted, but not with a token that is no longer accepted", async () => {
  await using page = await opened();
  await using other = await opened(1280, TOKENS.eye);
  const redis = await fleet.redisPid();
  process.kill(redis, "SIGSTOP");
  await page
    .getByText("Redis does not respond")
    .waitFor(WAIT)
    .finally(() => process.kill(redis, "SIGCONT"));
  await page.getByText("Redis does not respond").waitFor({ ...WAIT, state: "detached" });
  await daemon.end("SIGKILL");
  await page.getByText("Connection lost").waitFor(WAIT);
  await writeFile(join(fleet.desk.path, "config/eye-token"), "another-5c20d1\n");
  daemon = await fleet.start("daemon");
  await page.getByText("Connection lost").waitFor({ ...WAIT, state: "detached" });
  const run = await submit("small");
  await page.getByRole("row").filter({ hasText: "small" }).getByText("ok", { exact: true }).waitFor(WAIT);
  await fleet.until(run, ({ state }) => state === "ended");
  await other.getByText("The token is no longer accepted.").waitFor(WAIT);
  await other.getByRole("button", { name: "Sign in" }).click();
  await other.getByLabel("Token").waitFor(WAIT);
});

test("no answer has a secret in it, no address has the token, and the page broke no rule of its policy", async () => {
  const all = heard.join("\n");
  expect(heard.length).toBeGreaterThan(100);
  for (const secret of [PASSWORD, TOKENS.ops, TOKENS.eye]) expect(all.includes(secret)).toBe(false);
  expect(complaints).toEqual([]);
  const { headers } = await api.get("/");
  expect(headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self'/);
  expect(all).not.toMatch(/unsafe-inline|unsafe-eval/);
});

test("the page loads in less than 100 KB, compressed", async () => {
  await using page = await opened();
  const loaded = await page.evaluate<number>(
    `["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
      .filter(({ name }) => !name.includes("/api/"))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`,
  );
  expect(loaded).toBeGreaterThan(20_000);
  expect(loaded).toBeLessThan(100_000);
});

test("promtool finds no fault in the metrics, nor in the alert rules", async () => {
  const { find } = await debianPackages(["prometheus"]);
  const { text } = await api.get("/metrics");
  const check = (...args: readonly string[]) =>
    spawnSync(find("bin/promtool"), ["check", ...args], { input: text, encoding: "utf8" });
  expect(text).toMatch(/^fxpd_workers [1-9]/m);
  const metrics = check("metrics");
  expect([metrics.status, metrics.stdout, metrics.stderr]).toEqual([0, "", ""]);
  const rules = check("rules", join(import.meta.dirname, "../../config/prometheus/fxpd-alerts.yaml"));
  expect([rules.status, rules.stdout]).toEqual([0, expect.stringContaining("SUCCESS")]);
});

test("all that a daemon writes is JSON, one object a line", async () => {
  const lines = daemon.log.split("\n").filter((line) => line !== "");
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ msg: expect.any(String) });
});
