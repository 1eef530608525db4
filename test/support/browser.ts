import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { debianPackages } from "../servers/debian.ts";

const INSTALLED = "/usr/bin/chromium";
const ARGS = ["--disable-dev-shm-usage"];

/** Debian's Chromium: the one that is installed, else its package, unpacked like those of the servers. */
export async function launchBrowser(installed = INSTALLED): Promise<Browser> {
  if (existsSync(installed)) return chromium.launch({ executablePath: installed, args: ARGS });
  const packages = await debianPackages(["chromium", "chromium-common", "fonts-dejavu-core"]);
  const beside = packages.libraryPath.split(":").map((directory) => join(directory, "pulseaudio"));
  return chromium.launch({
    executablePath: packages.find("lib/chromium/chromium"),
    args: ARGS,
    env: {
      ...(process.env as Record<string, string>),
      LD_LIBRARY_PATH: [packages.libraryPath, ...beside].join(":"),
      FONTCONFIG_PATH: packages.find("etc/fonts"),
    },
  });
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe takes for serious on a page. */
export async function axeFinds(page: Page): Promise<readonly string[]> {
  // The page's policy lets in no script of ours: the browser's debugger evaluates it.
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate<{
    violations: { id: string; impact: string; nodes: object[] }[];
  }>("axe.run()");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${page.url()}: ${id}: ${JSON.stringify(nodes[0])}`);
}
