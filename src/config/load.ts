import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { z } from "zod";
import type { HostSettings } from "../ftp/settings.ts";
import { ConfigError } from "../shared/errors.ts";
import { type Fault, formatFault, readDocument, type Read } from "./document.ts";
import { HostFile } from "./hosts.ts";
import { JobFile } from "./jobs.ts";
import { HOST_NAME, type Location, type UrlLocation } from "./location.ts";
import { suggestion } from "./nearest.ts";
import { fetchSecret, fromNetrc } from "./secrets.ts";
import { type Overrides, settingsOf, urlHostFile, withOverrides } from "./host-settings.ts";

/** Where this installation's files are. */
export interface Directories {
  /** Holds `hosts/`. */
  readonly config: string;
  readonly jobs: string;
}

/** The directory asked for, else the first that exists: `$FXPD_CONFIG`, `./config`, the user's, the system's. */
export function findDirectories(config: string | undefined, jobs: string | undefined): Directories {
  const user = join(process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "fxpd");
  const places = [process.env["FXPD_CONFIG"] || "./config", user, "/etc/fxpd"];
  const found = config ?? places.find((place) => existsSync(place)) ?? "./config";
  if (config !== undefined && !existsSync(config))
    throw new ConfigError(`there is no directory ${config}`, "--config");
  if (jobs !== undefined && !existsSync(jobs))
    throw new ConfigError(`there is no directory ${jobs}`, "--jobs");
  return { config: found, jobs: jobs ?? process.env["FXPD_JOBS"] ?? join(dirname(found), "jobs") };
}

/**
 * All that is needed to connect to where a location leads.
 * @throws ConfigError for an unknown host, a faulty file, or protection lowered below what the host file demands
 */
export async function hostSettings(
  location: Exclude<Location, { kind: "local" }>,
  directories: Directories,
  overrides: Overrides,
): Promise<HostSettings> {
  if (location.kind === "url") return urlSettings(location, overrides);
  const { file, host } = await loadHost(location.host, directories);
  const overridden = withOverrides(host, overrides, location.host);
  const { authorities } = await loadAuthorities(overridden, file);
  const directory = dirname(file);
  const password = async () => {
    if (host.passwordFrom !== undefined)
      return fetchSecret(host.passwordFrom, directory, `${file}: passwordFrom`);
    return passwordElsewhere(host.address, host.user, file);
  };
  const account = host.accountFrom;
  return settingsOf(location.host, overridden, {
    password,
    ...(authorities === undefined ? {} : { authorities }),
    ...(account === undefined
      ? {}
      : { account: () => fetchSecret(account, directory, `${file}: accountFrom`) }),
  });
}

async function urlSettings(location: UrlLocation, overrides: Overrides): Promise<HostSettings> {
  const entry = location.user === undefined ? await fromNetrc(location.address, undefined) : undefined;
  const user = location.user ?? entry?.login ?? "anonymous";
  const name = location.port === undefined ? location.address : `${location.address}:${location.port}`;
  const host = withOverrides(urlHostFile(location, user), overrides, name);
  const known = location.password ?? entry?.password;
  return settingsOf(name, host, {
    password: async () => known ?? passwordElsewhere(location.address, user, "the URL"),
  });
}

/** RFC 1635 asks anonymous users for an address; many servers want only its form. */
const ANONYMOUS_PASSWORD = "fxpd@example.com";

async function passwordElsewhere(machine: string, user: string, where: string): Promise<string> {
  if (/^(anonymous|ftp)$/i.test(user))
    return (await fromNetrc(machine, user))?.password ?? ANONYMOUS_PASSWORD;
  const password = (await fromNetrc(machine, user))?.password;
  if (password !== undefined) return password;
  throw new ConfigError(
    `no password for ${user} at ${machine}; give passwordFrom in a host file, or an entry in ~/.netrc`,
    where,
  );
}

async function loadHost(name: string, { config }: Directories): Promise<{ file: string; host: HostFile }> {
  const directory = join(config, "hosts");
  const file = fileOf(directory, name);
  if (file === undefined) {
    const known = (await yamlFiles(directory)).map(nameOf);
    throw new ConfigError(
      `unknown host ${name}: there is no ${join(directory, `${name}.yaml`)}${suggestion(name, known)}`,
    );
  }
  return { file, host: await load(file, HostFile) };
}

/** A job, by its name or by its file. */
export async function loadJob(
  name: string,
  { jobs }: Directories,
): Promise<{ name: string; file: string; job: JobFile }> {
  const isPath = /\.ya?ml$/.test(name);
  const file = isPath ? (existsSync(name) ? name : undefined) : fileOf(jobs, name);
  if (file === undefined) {
    const known = (await yamlFiles(jobs)).map(nameOf);
    throw new ConfigError(
      `unknown job ${name}: there is no ${isPath ? name : join(jobs, `${name}.yaml`)}${suggestion(name, known)}`,
    );
  }
  return { name: nameOf(file), file, job: await load(file, JobFile) };
}

async function load<T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T>> {
  const read = await readFileAs(file, schema);
  if (read.kind === "valid") return read.value;
  throw new ConfigError(read.faults.map(formatFault).join("\n"));
}

export async function readFileAs<T extends z.ZodType>(file: string, schema: T): Promise<Read<z.infer<T>>> {
  try {
    return readDocument(file, await readFile(file, "utf8"), schema);
  } catch (error) {
    const fault: Fault = { file, line: 1, column: 1, message: `cannot be read: ${(error as Error).message}` };
    return { kind: "faulty", faults: [fault] };
  }
}

export async function yamlFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(directory, name));
}

export function nameOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/, "");
}

function fileOf(directory: string, name: string): string | undefined {
  if (!HOST_NAME.test(name)) return undefined;
  return [".yaml", ".yml"].map((end) => join(directory, name + end)).find((path) => existsSync(path));
}

async function loadAuthorities(host: HostFile, file: string): Promise<{ readonly authorities?: string }> {
  const { caFile } = host.tls;
  if (caFile === undefined) return {};
  const path = isAbsolute(caFile) ? caFile : join(dirname(file), caFile);
  try {
    return { authorities: await readFile(path, "utf8") };
  } catch (error) {
    throw new ConfigError(`cannot read ${path}: ${(error as Error).message}`, `${file}: tls.caFile`);
  }
}
