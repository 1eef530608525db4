import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { z } from "zod";
import type { Credentials, HostSettings } from "../ftp/settings.ts";
import { ConfigError, messageOf } from "../shared/errors.ts";
import { formatFault, type Read, readDocument, type Schema } from "./document.ts";
import { type Overrides, settingsOf, urlHostFile } from "./host-settings.ts";
import { HostFile } from "./hosts.ts";
import { type JobFile, jobSchemaFor } from "./jobs.ts";
import { HOST_NAME, type Location, type UrlLocation } from "./location.ts";
import { suggestion } from "./nearest.ts";
import { fetchSecret, isAnonymous, netrcEntry } from "./secrets.ts";

/** Where this installation's files are. */
export interface Directories {
  /** Holds `hosts/`. */
  readonly config: string;
  readonly jobs: string;
}

/**
 * The directories asked for, by option or environment. Else the configuration is the first of `./config`, the
 * user's and the system's that has hosts, and jobs are in it or beside it.
 * @throws ConfigError for a directory that was asked for and is not there
 */
export function findDirectories(config: string | undefined, jobs: string | undefined): Directories {
  const user = join(process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "fxpd");
  const usual = ["config", user, "/etc/fxpd"].find((directory) => existsSync(join(directory, "hosts")));
  const found = directoryAskedFor("config", config) ?? usual ?? "config";
  const within = [join(found, "jobs"), join(found, "..", "jobs")];
  const foundJobs = within.find((directory) => existsSync(directory)) ?? join(found, "..", "jobs");
  return { config: found, jobs: directoryAskedFor("jobs", jobs) ?? foundJobs };
}

function directoryAskedFor(what: "config" | "jobs", option: string | undefined): string | undefined {
  const variable = `FXPD_${what.toUpperCase()}`;
  const directory = option ?? (process.env[variable] || undefined);
  if (directory === undefined || existsSync(directory)) return directory;
  throw new ConfigError(
    `there is no directory ${directory}`,
    option === undefined ? `$${variable}` : `--${what}`,
  );
}

/**
 * All that is needed to connect to where a location leads.
 * @throws ConfigError for an unknown host, a faulty file, or protection lowered below what the host file says
 */
export async function hostSettings(
  location: Exclude<Location, { kind: "local" }>,
  directories: Directories,
  overrides: Overrides,
): Promise<HostSettings> {
  if (location.kind === "url") return urlSettings(location, overrides);
  const name = location.host;
  const { file, value: host } = await load("host", name, join(directories.config, "hosts"), HostFile);
  const { passwordFrom, accountFrom } = host;
  const credentials = await credentialsOf(name, host, {
    password: passwordFrom && (() => fetchSecret(passwordFrom, file)),
    account: accountFrom && (() => fetchSecret(accountFrom, file)),
  });
  return settingsOf(name, host, overrides, { credentials, authorities: await authoritiesOf(host, file) });
}

async function urlSettings(location: UrlLocation, overrides: Overrides): Promise<HostSettings> {
  const { address, port, password } = location;
  const name = (address.includes(":") ? `[${address}]` : address) + (port === undefined ? "" : `:${port}`);
  const host = urlHostFile(location);
  const credentials = await credentialsOf(name, host, { password: sayer(password), account: undefined });
  return settingsOf(name, host, overrides, { credentials });
}

/** RFC 1635 asks for an address; servers look at its form. */
const ANONYMOUS_PASSWORD = "fxpd@";

interface Secrets {
  readonly password: (() => Promise<string>) | undefined;
  readonly account: (() => Promise<string>) | undefined;
}

/** Without a password of its own a host gets what the netrc file has for it; nobody in particular is anonymous. */
async function credentialsOf(
  name: string,
  { address, user }: HostFile,
  given: Secrets,
): Promise<Credentials> {
  const entry = given.password === undefined ? await netrcEntry(address, user) : undefined;
  const login = user ?? entry?.login ?? "anonymous";
  const password =
    given.password ?? sayer(entry?.password ?? (isAnonymous(login) ? ANONYMOUS_PASSWORD : undefined));
  const account = given.account ?? sayer(entry?.account);
  return {
    user: login,
    password: password ?? (() => Promise.reject(noPassword(name, login, address))),
    ...(account === undefined ? {} : { account }),
  };
}

/** A secret that is known already, asked for like any other. */
function sayer(secret: string | undefined): (() => Promise<string>) | undefined {
  return secret === undefined ? undefined : () => Promise.resolve(secret);
}

function noPassword(name: string, user: string, address: string): ConfigError {
  return new ConfigError(
    `no password for ${user}; expected passwordFrom in a host file, or ${address} in ~/.netrc`,
    name,
  );
}

async function authoritiesOf({ tls }: HostFile, file: string): Promise<string | undefined> {
  if (tls.caFile === undefined) return undefined;
  const path = besideFile(file, tls.caFile);
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new ConfigError(`cannot be read: ${messageOf(error)}`, `${file}: tls.caFile`);
  });
}

/** What a relative path in a file means. */
export function besideFile(file: string, path: string): string {
  return resolve(dirname(file), path);
}

/** A job, by its name or by its file. */
export async function loadJob(
  name: string,
  { jobs }: Directories,
): Promise<{ readonly name: string; readonly file: string; readonly job: JobFile }> {
  if (/\.ya?ml$/.test(name))
    return { name: nameOf(name), file: name, job: valid(await readFileAs(name, jobSchemaFor)) };
  const { file, value } = await load("job", name, jobs, jobSchemaFor);
  return { name, file, job: value };
}

/** Reads one file by the name of what it describes; no other is opened. */
async function load<T extends z.ZodType>(
  what: "host" | "job",
  name: string,
  directory: string,
  schema: Schema<T>,
): Promise<{ readonly file: string; readonly value: z.output<T> }> {
  const paths = EXTENSIONS.map((extension) => join(directory, name + extension));
  const [file, other] = HOST_NAME.test(name) ? paths.filter((path) => existsSync(path)) : [];
  if (file === undefined) {
    const near = suggestion(name, (await yamlFiles(directory)).map(nameOf));
    throw new ConfigError(`there is no ${what} ${name}: no ${name}.yaml in ${directory}${near}`);
  }
  if (other !== undefined) throw new ConfigError(`the ${what} ${name} has two files, ${file} and ${other}`);
  return { file, value: valid(await readFileAs(file, schema)) };
}

function valid<T>(read: Read<T>): T {
  if (read.kind === "valid") return read.value;
  throw new ConfigError(read.faults.map(formatFault).join("\n"));
}

export async function readFileAs<T extends z.ZodType>(
  file: string,
  schema: Schema<T>,
): Promise<Read<z.output<T>>> {
  try {
    return readDocument(file, await readFile(file, "utf8"), schema);
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    return {
      kind: "faulty",
      faults: [{ file, line: 1, column: 1, message: `cannot be read: ${error.message}` }],
    };
  }
}

const EXTENSIONS = [".yaml", ".yml"];

/** The files of a directory that describe something, in the order of their names. */
export async function yamlFiles(directory: string): Promise<readonly string[]> {
  const names = existsSync(directory) ? await readdir(directory) : [];
  return names
    .filter((name) => EXTENSIONS.includes(extname(name)))
    .sort()
    .map((name) => join(directory, name));
}

/** The name of what a file describes. */
export function nameOf(file: string): string {
  return basename(file, extname(file));
}
