import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../../shared/errors.ts";
import { fileAt } from "../../shared/reason-at.ts";

/** Where this installation's files are. */
export interface Directories {
  /** Holds `hosts/`. */
  readonly config: string;
  readonly jobs: string;
  /** Why the configuration is looked for there; absent: not known. */
  readonly because?: string;
}

/**
 * The directories asked for, by option or environment. Else the configuration is the first of `./config`, the
 * user's and the system's that has hosts, and jobs are in it or beside it.
 * @throws ConfigError for a directory that was asked for and is not there
 */
export function findDirectories(config: string | undefined, jobs: string | undefined): Directories {
  const user = join(process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "fxpd");
  const usual = ["config", user, "/etc/fxpd"].find((directory) => existsSync(join(directory, "hosts")));
  const asked = directoryAskedFor("config", config);
  const found = asked ?? usual ?? "config";
  const places = `./config, ${user} and /etc/fxpd`;
  const searched =
    usual === undefined ? `none of ${places} contains hosts` : `the first of ${places} that contains hosts`;
  const because = asked === undefined ? searched : config === undefined ? "$FXPD_CONFIG" : "--config";
  const within = [join(found, "jobs"), join(found, "..", "jobs")];
  const foundJobs = within.find((directory) => existsSync(directory)) ?? join(found, "..", "jobs");
  return { config: found, jobs: directoryAskedFor("jobs", jobs) ?? foundJobs, because };
}

function directoryAskedFor(what: "config" | "jobs", option: string | undefined): string | undefined {
  const variable = `FXPD_${what.toUpperCase()}`;
  const directory = option ?? (process.env[variable] || undefined);
  if (directory === undefined) return undefined;
  const where = option === undefined ? `$${variable}` : `--${what}`;
  const file = fileAt(directory);
  if (file !== undefined) throw new ConfigError(`${file} is a file, not a directory`, where);
  if (!existsSync(directory)) throw new ConfigError(`directory not found: ${directory}`, where);
  return directory;
}
