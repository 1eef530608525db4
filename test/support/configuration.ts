import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import type { Overrides } from "../../src/config/load/host-settings.ts";
import { hostSettings } from "../../src/config/load/load-host.ts";
import { parseLocation } from "../../src/config/locations/location.ts";
import type { HostSettings } from "../../src/ftp/settings.ts";

/** A directory with what a person has configured, and nothing that this machine's user has. */
export interface Configuration {
  readonly path: string;
  readonly write: (files: Readonly<Record<string, string>>) => Promise<void>;
  /** Writes the file of a host `h`. */
  readonly host: (text: string) => Promise<void>;
  /** Of the host of a location. */
  readonly settings: (location: string, overrides?: Overrides) => Promise<HostSettings>;
}

/** One of its own for each test of a file. */
export function configurationForEach(): Configuration {
  const origin = process.cwd();
  let directory: string;
  beforeEach(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), "fxpd-load-")));
    for (const name of ["FXPD_CONFIG", "FXPD_JOBS", "CREDENTIALS_DIRECTORY"]) vi.stubEnv(name, undefined);
    vi.stubEnv("XDG_CONFIG_HOME", join(directory, "user"));
    vi.stubEnv("NETRC", join(directory, "netrc"));
  });
  afterEach(async () => {
    process.chdir(origin);
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });
  const write = async (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text, { mode: 0o600 });
    }
  };
  return {
    get path() {
      return directory;
    },
    write,
    host: (text) => write({ "config/hosts/h.yaml": text }),
    settings: async (text, overrides = {}) => {
      const location = parseLocation(text);
      if (location.kind === "local") throw new Error("a host was expected");
      const directories = { config: join(directory, "config"), jobs: join(directory, "jobs") };
      return hostSettings(location, directories, overrides);
    },
  };
}
