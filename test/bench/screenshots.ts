import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { Api, API_SETTINGS, plantTokens, TOKENS } from "../support/api.ts";
import { launchBrowser } from "../support/browser.ts";
import { Fleet } from "../support/fleet.ts";
import { Album, signIn, WAIT } from "./pictures/album.ts";
import { Scene } from "./pictures/scene.ts";
import { moves, shotsOf } from "./pictures/shots.ts";

// npm run screenshot [DIRECTORY [NAMES]]: pictures of the page, with a real daemon and real servers. Without a directory
// the README's is made anew; with one, every page and every state is pictured there, at two widths, dark and light.
// NAMES is a regular expression for those that are wanted.

const README_PICTURE = join(import.meta.dirname, "../../src/dashboard/overview.png");
const PAGES = ["", "links", "hosts", "schedule", "system"] as const;
const [, , directory, names = ""] = process.argv;

await using browser = Object.assign(await launchBrowser(), {
  async [Symbol.asyncDispose](this: Browser) {
    await this.close();
  },
});
if (directory === undefined) {
  await using scene = await Scene.open();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(scene.api.base);
  await signIn(page, TOKENS.ops);
  await moves(page);
  await page.screenshot({ path: README_PICTURE });
} else {
  const album = await Album.open(browser, directory, new RegExp(names));
  await pagesOf(album);
  await emptyPages(album);
  await withoutWorker(album);
}

async function pagesOf(album: Album): Promise<void> {
  await using scene = await Scene.open();
  const { base } = scene.api;
  await album.take(base, undefined, [
    { name: "sign-in", path: "" },
    {
      name: "sign-in-refused",
      path: "",
      before: async (page) => {
        await page.getByLabel("Token").fill("wrong");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByRole("alert").waitFor(WAIT);
      },
    },
  ]);
  await album.take(base, TOKENS.ops, shotsOf(scene.runs));
  await album.take(base, TOKENS.eye, [
    { name: "read-only", path: "" },
    { name: "read-only-system", path: "system" },
  ]);
  await withoutRedis(album, scene);
  await withoutApi(album, scene);
}

/** Each picture sees to it by itself that Redis is there or not, since any of them may be the only one that is wanted. */
async function withoutRedis(album: Album, scene: Scene): Promise<void> {
  const redis = await scene.fleet.redisPid();
  const stop = () => process.kill(redis, "SIGSTOP");
  const goOn = () => process.kill(redis, "SIGCONT");
  try {
    const shots = [
      {
        name: "redis-lost",
        path: "",
        before: async (page: Page) => {
          stop();
          await page
            .getByText(/Redis|Connection lost/)
            .first()
            .waitFor(WAIT);
        },
      },
      { name: "redis-lost-system", path: "system", before: () => (stop(), sleep(3_000)) },
      { name: "redis-back", path: "", before: () => (goOn(), sleep(3_000)) },
    ];
    await album.take(scene.api.base, TOKENS.ops, shots, goOn);
  } finally {
    goOn();
  }
}

async function withoutApi(album: Album, scene: Scene): Promise<void> {
  let isGone = false;
  const end = async (page: Page) => {
    if (!isGone) await scene.daemon.end("SIGKILL");
    isGone = true;
    await page.getByText("Connection lost").waitFor(WAIT);
  };
  const restart = async () => {
    if (isGone) await scene.restart();
    isGone = false;
  };
  const shots = [
    { name: "api-gone", path: "", before: end },
    {
      name: "api-back",
      path: "",
      before: async (page: Page) => {
        await end(page);
        await restart();
        await page.getByText("Connection lost").waitFor({ ...WAIT, state: "detached" });
      },
    },
  ];
  await album.take(scene.api.base, TOKENS.ops, shots, restart);
}

async function emptyPages(album: Album): Promise<void> {
  await using fleet = await Fleet.open({}, ["api: {port: 0}"]);
  await fleet.start("daemon");
  const { base } = Api.of(fleet, "");
  await album.take(
    base,
    undefined,
    PAGES.map((path) => ({ name: `empty-${path === "" ? "overview" : path}`, path })),
  );
}

async function withoutWorker(album: Album): Promise<void> {
  await using fleet = await Fleet.open({}, API_SETTINGS);
  await plantTokens(fleet);
  await fleet.desk.introduce("archive", { address: "127.0.0.9", port: 21, user: "u", password: "p" });
  await fleet.job("waiting", "mirror: {from: archive:a, to: archive:b}", 'schedule: {cron: "0 3 * * *"}');
  await fleet.start("scheduler");
  await fleet.start("api");
  const api = Api.of(fleet, TOKENS.ops);
  const { body } = await api.post("/api/v1/runs", { job: "waiting" });
  await album.take(api.base, TOKENS.ops, [
    { name: "no-worker-overview", path: "" },
    { name: "no-worker-run", path: `run/${String(body["id"])}` },
    { name: "no-worker-system", path: "system" },
  ]);
}
