import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CACHE } from "../debian.ts";
import { PASSWORD, type Prepare } from "../server.ts";

const FILES = ["package.json", "package-lock.json"];
const here = (name: string) => new URL(`./node/${name}`, import.meta.url);

let installed: Promise<string> | undefined;

/** Servers of npm, as `node/package-lock.json` says; `node/server.cjs` is the few lines around each. */
function npm(name: string): Prepare {
  return async ({ directory, root, address, port, passivePorts }) => {
    installed ??= install();
    const modules = join(await installed, "package.json");
    // A copy, since the user it runs as may not be allowed to look in here.
    const script = join(directory, "server.cjs");
    await copyFile(here("server.cjs"), script);
    const where = [address, String(port), root, PASSWORD, ...passivePorts.map(String)];
    return {
      command: process.execPath,
      args: [script, name, modules, ...where],
      env: {},
      user: "mirror",
      home: "/",
    };
  };
}

export const prepareFtpSrv = npm("ftp-srv");
export const prepareNodeFtpd = npm("ftpd");
export const prepareSimpleFtpd = npm("simple-ftpd");

/** Unpacks what the lock file names, once for this machine, beside the packages of Debian; no script of theirs is run. */
async function install(): Promise<string> {
  const label = createHash("sha256").update(await readFile(here("package-lock.json")));
  const root = join(CACHE, `npm-${label.digest("hex").slice(0, 8)}`);
  if (existsSync(root)) return root;
  await mkdir(CACHE, { recursive: true, mode: 0o755 });
  const work = await mkdtemp(join(CACHE, "work-"));
  try {
    for (const file of FILES) await copyFile(here(file), join(work, file));
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    await promisify(execFile)("npm", ["ci", ...quiet], { cwd: work });
    await chmod(work, 0o755);
    // Whoever is first wins; a half-unpacked directory never has the final name.
    await rename(work, root).catch((error: unknown) => {
      if (!existsSync(root)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return root;
}
