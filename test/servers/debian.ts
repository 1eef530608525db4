import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Debian packages unpacked into a directory of our own: nothing is installed, nobody needs to be root. */
export interface Packages {
  readonly root: string;
  /** Where programs of these packages find their libraries. */
  readonly libraryPath: string;
  /** A file by the end of its path, such as `sbin/vsftpd`; the system's own where it is installed. */
  find(path: string): string;
}

/** Servers started by root run as nobody, who cannot look into root's home. */
const CACHE =
  process.getuid?.() === 0
    ? "/var/cache/fxpd/debian"
    : join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "fxpd", "debian");

const unpacked = new Map<string, Promise<Packages>>();

/**
 * Fetches packages and what they depend on, once for this machine, signatures checked by apt.
 * @throws Error in one sentence where there is no apt, or no package of that name
 */
export function debianPackages(names: readonly string[]): Promise<Packages> {
  const key = names.join(" ");
  const known = unpacked.get(key) ?? fetchPackages(names);
  unpacked.set(key, known);
  return known;
}

async function fetchPackages(names: readonly string[]): Promise<Packages> {
  const label = createHash("sha256").update(names.join(" ")).digest("hex").slice(0, 8);
  const root = join(CACHE, `${names[0]}-${label}`);
  if (!existsSync(root)) {
    process.stderr.write(`fetching ${names.join(", ")} from Debian (once)\n`);
    await mkdir(CACHE, { recursive: true, mode: 0o755 });
    const work = await mkdtemp(join(CACHE, "work-"));
    await chmod(work, 0o755);
    try {
      await unpackInto(join(work, "root"), work, names);
      // Whoever is first wins; a half-unpacked directory never has the final name.
      await rename(join(work, "root"), root).catch((error: unknown) => {
        if (!existsSync(root)) throw error;
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return packagesIn(root);
}

async function unpackInto(root: string, work: string, names: readonly string[]): Promise<void> {
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
  const wanted = [...new Set([...names, ...closures.flat()])].filter((name) => !NEEDLESS.has(name));
  await apt([...options, "download", ...wanted], downloads);
  for (const file of await readdir(downloads)) {
    if (file.endsWith(".deb")) await run("dpkg-deb", ["-x", join(downloads, file), root]);
  }
}

/** What apt would install for a package on this system. Each is asked for alone: FTP servers exclude each other. */
async function closureOf(name: string, options: readonly string[]): Promise<readonly string[]> {
  const plan = await apt([...options, "-s", "install", "--no-install-recommends", name]);
  return [...plan.matchAll(/^Inst (\S+)/gm)].map(([, one]) => one ?? "");
}

/** Only needed to be installed, not to be run by hand. */
const NEEDLESS = new Set([
  "debconf",
  "openbsd-inetd",
  "tcpd",
  "update-inetd",
  "lsb-base",
  "perl",
  "perl-base",
  "dpkg",
]);

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
    throw new Error(`apt-get cannot fetch what the tests run: ${reason}`, { cause: error });
  }
}

function packagesIn(root: string): Packages {
  const directories = ["usr/lib", "lib"].flatMap((lib) => librariesBelow(join(root, lib)));
  return {
    root,
    libraryPath: directories.join(":"),
    find(path) {
      const places = [join(root, "usr"), root, "/usr", ""].map((prefix) => join(prefix, path));
      const libraries = directories.map((directory) => join(directory, path));
      const found = [...libraries, ...places].find((place) => existsSync(place));
      if (found === undefined) throw new Error(`${path} is not in the packages under ${root}`);
      return found;
    },
  };
}

/** `usr/lib/x86_64-linux-gnu` and its like. */
function librariesBelow(lib: string): readonly string[] {
  if (!existsSync(lib)) return [];
  return readdirSync(lib)
    .filter((name) => name.endsWith("-linux-gnu"))
    .map((name) => join(lib, name))
    .filter((directory) => statSync(directory).isDirectory());
}
