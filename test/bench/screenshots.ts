import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { randomLoopback, startServers } from "../servers/index.ts";
import { Api, API_SETTINGS, plantTokens, TOKENS } from "../support/api.ts";
import { launchBrowser } from "../support/browser.ts";
import { Fleet, until } from "../support/fleet.ts";
import { growTree, treeOf } from "../support/trees.ts";

// npm run screenshot [DIRECTORY]: pictures of the page, with a real daemon and two real servers. Without a directory the
// README's is made anew; with one, every page is pictured there, at two widths, dark and light.

const README_PICTURE = join(import.meta.dirname, "../../src/dashboard/overview.png");
const WIDTHS = [1280, 390] as const;
const SCHEMES = ["light", "dark"] as const;
const MEGABYTE = 1_000_000;
const WAIT = { timeout: 30_000 };

const NIGHTLY = 'schedule: {cron: "15 2 * * *"}';
const MIRRORS = ["debian", "fedora", "gutenberg", "kernel", "openbsd", "rsync"] as const;

const [, , directory] = process.argv;
await using started = await startServers([
  { family: "vsftpd", settings: [`anon_max_rate=${4 * MEGABYTE}`] },
  { family: "proftpd" },
]);
const [archive, edge] = started.servers;
if (archive === undefined || edge === undefined) throw new Error("no servers");
for (const [at, name] of MIRRORS.entries())
  await growTree(join(archive.root, name), treeOf({ files: 30 + 40 * at, directories: 3 }));
await mkdir(join(archive.root, "images"));
for (const name of ["amd64", "arm64", "riscv64"])
  await writeFile(join(archive.root, `images/${name}.iso`), Buffer.alloc(150 * MEGABYTE, "a disc; "));

const where = `address: ${randomLoopback()}\n  port: 8021`;
await using fleet = await Fleet.open(
  { archive, edge },
  API_SETTINGS.map((line) => line.replace("port: 0", where)),
);
await plantTokens(fleet);
for (const name of MIRRORS)
  await fleet.job(name, `mirror: {from: archive:${name}, to: edge:pub/${name}}`, NIGHTLY, "staleAfter: 26h");
await fleet.job("images", "copy: {from: archive:images/*, to: edge:images/}", "parallel: 2", NIGHTLY);
await fleet.job("firmware", "copy: {from: archive:firmware/latest.bin, to: edge:firmware/}", NIGHTLY);
await fleet.start("daemon");
const api = Api.of(fleet, TOKENS.ops);
const submit = async (job: string) => String((await api.post("/api/v1/runs", { job })).body["id"]);
const ended = (run: string) => fleet.until(run, ({ state }) => state === "ended");
for (let times = 0; times < 5; times += 1)
  for (const [at, job] of [...MIRRORS, "firmware"].entries()) {
    const news = Math.round(Buffer.byteLength(job) * 1_000 * (1 + ((at * 7 + times * 5) % 11)));
    if (job !== "firmware")
      await writeFile(join(archive.root, job, `release-${times}.tar`), Buffer.alloc(news * 20, job));
    await ended(await submit(job));
  }
const failed = await submit("firmware");
await ended(failed);
const running = await submit("images");

await using browser = Object.assign(await launchBrowser(), {
  async [Symbol.asyncDispose](this: Browser) {
    await this.close();
  },
});
if (directory === undefined) {
  const page = await opened(1280, "light");
  await moves(page);
  await page.screenshot({ path: README_PICTURE });
} else {
  await mkdir(directory, { recursive: true });
  for (const scheme of SCHEMES) for (const width of WIDTHS) await picture(directory, width, scheme);
}

async function opened(width: number, colorScheme: "light" | "dark"): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  const page = await context.newPage();
  await page.goto(api.base);
  await page.getByLabel("Token").waitFor(WAIT);
  if (directory !== undefined)
    await page.screenshot({ path: join(directory, `sign-in-${width}-${colorScheme}.png`) });
  await page.getByLabel("Token").fill(TOKENS.ops);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Jobs" }).waitFor(WAIT);
  return page;
}

/** A rate is shown once bytes were seen to move. */
async function moves(page: Page): Promise<void> {
  await page
    .getByText(/MiB\/s/)
    .first()
    .waitFor(WAIT);
}

async function picture(to: string, width: number, scheme: "light" | "dark"): Promise<void> {
  const page = await opened(width, scheme);
  const pages = {
    overview: "#/",
    running: `#/run/${running}`,
    failed: `#/run/${failed}`,
    job: "#/job/debian",
    links: "#/links",
    link: "#/links/archive/edge",
    hosts: "#/hosts",
    schedule: "#/schedule",
    system: "#/system",
  };
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(`${api.base}/${path}`);
    await page.getByRole("heading").first().waitFor(WAIT);
    await until(
      async () => (await page.getByText("Loading…").count()) === 0,
      () => `${path} has loaded`,
    );
    if (name === "overview") await moves(page);
    await page.screenshot({
      path: join(to, `${name}-${width}-${scheme}.png`),
      fullPage: name !== "overview",
    });
  }
  await page.context().close();
}
