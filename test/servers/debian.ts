import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { librariesIn, unpackPackages } from "../../src/orchestrator/kv/embedded/debian.ts";

/** Debian packages unpacked into a directory of our own: nothing is installed, nobody needs to be root. */
export interface Packages {
  readonly root: string;
  /** Where programs of these packages find their libraries. */
  readonly libraryPath: string;
  /** A file by the end of its path, such as `sbin/vsftpd`; the system's own where it is installed. */
  find(path: string): string;
}

/** Servers started by root run as nobody, who cannot look into root's home. */
export const CACHE =
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
  if (!existsSync(root)) process.stderr.write(`fetching ${names.join(", ")} from Debian (once)\n`);
  await unpackPackages(names, root, NEEDLESS);
  return packagesIn(root);
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
  // What Prometheus draws its own pages with.
  "libjs-bootstrap",
  "libjs-bootstrap4",
  "libjs-d3",
  "libjs-eonasdan-bootstrap-datetimepicker",
  "libjs-jquery-hotkeys",
  "libjs-moment",
  "libjs-moment-timezone",
  "libjs-mustache",
  "libjs-popper.js",
  "libjs-rickshaw",
]);

function packagesIn(root: string): Packages {
  const directories = librariesIn(root);
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
