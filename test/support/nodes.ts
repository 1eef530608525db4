import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The oldest Node that package.json admits, and the last of each line after it when this was written. */
export const NODES = ["20.19.0", "22.23.5", "24.22.3"] as const;

/**
 * The executable of that very Node: out of the npm package that carries it, fetched once, outside of the tree. The packages
 * are no dependencies, so that nobody installs them who does not run these tests.
 */
export async function nodeOf(version: string): Promise<string> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "fxpd-tests");
  const kept = join(cache, `node-${version}-${process.arch}`);
  if (existsSync(kept)) return kept;
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, "fetching-"));
  try {
    const name = `node-${process.platform}-${process.arch}@${version}`;
    await run("npm", ["pack", name, "--pack-destination", directory, "--loglevel=error"], { cwd: directory });
    const tarball = join(directory, `${name.replace("@", "-")}.tgz`);
    await run("tar", [
      "--extract",
      "--gzip",
      "--file",
      tarball,
      "--directory",
      directory,
      "package/bin/node",
    ]);
    await rename(join(directory, "package/bin/node"), kept);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return kept;
}
