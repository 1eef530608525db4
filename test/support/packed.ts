import { execFile } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Packs what a release would be and installs that as a user would, into a directory of its own. It needs no other package,
 * so that npm asks no registry.
 * @returns what removes it again
 */
export default async function installPackage(): Promise<() => Promise<void>> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "fxpd-packed-")));
  const npm = (...args: readonly string[]) =>
    run("npm", [...args, "--loglevel=error", "--no-audit", "--no-fund"], { cwd: ROOT });
  const { stdout } = await npm("pack", "--json", "--pack-destination", directory);
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as readonly { readonly filename: string }[];
  const tarball = join(directory, packed?.filename ?? "");
  await npm("install", "--global", "--prefix", directory, "--offline", tarball);
  process.env["FXPD_TEST_PROGRAM"] = await realpath(join(directory, "bin/fxpd"));
  return () => rm(directory, { recursive: true, force: true });
}
