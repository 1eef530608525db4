import { execFile } from "node:child_process";
import { mkdtemp, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Packs what a release would be and installs that as a user would, into a directory of its own, while tests run that need
 * no program; for the others test/support/installed.ts waits.
 * @returns what removes it again
 */
export default async function installPackage(): Promise<() => Promise<void>> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "fxpd-packed-")));
  const { bin } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { bin: { fxpd: string } };
  const program = join(directory, "lib/node_modules/fxpd", bin.fxpd);
  process.env["FXPD_TEST_PROGRAM"] = program;
  const installed = join(directory, "installed");
  process.env["FXPD_TEST_INSTALLED"] = installed;
  const installing = install(directory, program)
    .catch((error: unknown) => String(error))
    .then(async (fault) => {
      await writeFile(`${installed}.new`, fault);
      await rename(`${installed}.new`, installed);
    });
  return async () => {
    await installing;
    await rm(directory, { recursive: true, force: true });
  };
}

/** It needs no other package, so that npm asks no registry. @returns what was wrong, or nothing */
async function install(directory: string, program: string): Promise<string> {
  const npm = (...args: readonly string[]) =>
    run("npm", [...args, "--loglevel=error", "--no-audit", "--no-fund"], { cwd: ROOT });
  const { stdout } = await npm("pack", "--json", "--pack-destination", directory);
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as readonly { readonly filename: string }[];
  const tarball = join(directory, packed?.filename ?? "");
  await npm("install", "--global", "--prefix", directory, "--offline", tarball);
  const started = await realpath(join(directory, "bin/fxpd"));
  return started === program ? "" : `bin/fxpd of the package is ${started}, and not ${program}`;
}
