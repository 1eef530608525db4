import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
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
