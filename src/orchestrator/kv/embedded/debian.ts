import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Fetches Debian packages, with what they depend on and this system lacks, and unpacks them into a directory:
 * nothing is installed, nobody needs to be root, and apt checks the signatures.
 * @throws Error in one sentence where there is no apt, or no package of that name
 */
export async function unpackPackages(
  names: readonly string[],
  root: string,
  needless: ReadonlySet<string> = new Set(),
): Promise<void> {
  if (existsSync(root)) return;
  await mkdir(dirname(root), { recursive: true, mode: 0o755 });
  const work = await mkdtemp(join(dirname(root), "work-"));
  await chmod(work, 0o755);
  try {
    await unpackInto(join(work, "root"), work, names, needless);
    // Whoever is first wins; a half-unpacked directory never has the final name.
    await rename(join(work, "root"), root).catch((error: unknown) => {
      if (!existsSync(root)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpackInto(
  root: string,
  work: string,
  names: readonly string[],
  needless: ReadonlySet<string>,
): Promise<void> {
  const downloads = join(work, "debs");
  for (const directory of [
    root,
    downloads,
    join(work, "state/lists/partial"),
    join(work, "cache/archives/partial"),
  ]) {
    await mkdir(directory, { recursive: true });
  }
  const closures = [];
  let options = ["-o", "Debug::NoLocking=1", "-o", `Dir::Cache=${work}/cache`, "-o", "APT::Sandbox::User="];
  try {
    for (const name of names) closures.push(await closureOf(name, options));
  } catch {
    // The system's lists are empty or old: fetch lists of our own, which are thrown away again.
    closures.length = 0;
    options = [...options, "-o", `Dir::State=${work}/state`, "-o", "Dir::State::status=/var/lib/dpkg/status"];
    await apt([...options, "update"]);
    for (const name of names) closures.push(await closureOf(name, options));
  }
  const wanted = [...new Set([...names, ...closures.flat()])].filter((name) => !needless.has(name));
  await apt([...options, "download", ...wanted], downloads);
  for (const file of await readdir(downloads)) {
    if (file.endsWith(".deb")) await run("dpkg-deb", ["-x", join(downloads, file), root]);
  }
}

/** What apt would install for a package on this system. Each is asked for alone: some exclude each other. */
async function closureOf(name: string, options: readonly string[]): Promise<readonly string[]> {
  const plan = await apt([...options, "-s", "install", "--no-install-recommends", name]);
  return [...plan.matchAll(/^Inst (\S+)/gm)].map(([, one]) => one ?? "");
}

/** The environment goes with it: proxies and authorities are named there. */
async function apt(args: readonly string[], cwd?: string): Promise<string> {
  try {
    const { stdout } = await run("apt-get", [...args], {
      cwd,
      maxBuffer: 2 ** 26,
      env: { ...process.env, LC_ALL: "C" },
    });
    return stdout;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const reason = stderr.split("\n").find((line) => line.startsWith("E: ")) ?? message;
    throw new Error(`apt-get could not download the packages: ${reason}`, { cause: error });
  }
}

/** Where unpacked programs find their libraries: `usr/lib/x86_64-linux-gnu` and its like. */
export function librariesIn(root: string): readonly string[] {
  return ["usr/lib", "lib"]
    .map((lib) => join(root, lib))
    .filter((lib) => existsSync(lib))
    .flatMap((lib) =>
      readdirSync(lib, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name.endsWith("-linux-gnu"))
        .map(({ name }) => join(lib, name)),
    );
}
