import { WAITS } from "../../shared/waits.ts";
import { execFile } from "node:child_process";
import { existsSync, type Stats } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ConfigError } from "../../shared/errors.ts";
import { faultOfOwner, requireOwn } from "../../shared/trust/trusted.ts";
import { decodeText } from "../../shared/octets.ts";
import { formatDuration } from "../../shared/units.ts";
import type { SecretSource } from "../schema/hosts.ts";
import { findNetrc, type NetrcEntry, parseNetrc } from "./netrc.ts";

/**
 * Fetches a secret for the host file that asks for it.
 * @param withinMs how long a program may take, which may ask somebody, and a file, which may be a pipe; milliseconds
 * @throws ConfigError that names the source and never what came from it; its cause would, and is left out
 */
export async function fetchSecret(
  source: SecretSource,
  hostFile: string,
  withinMs: number = WAITS.secret.ms,
): Promise<string> {
  const [line = ""] = (await read(source, hostFile, withinMs)).split(/\r?\n/, 1);
  if (line === "") throw new ConfigError(`the ${nameOf(source)} is empty; expected a secret`, hostFile);
  return line;
}

/**
 * What is different once a secret is another one, as far as that is known without asking for it: `way` may be shown,
 * `value` may not. Of what a program prints, nothing.
 */
export async function versionOfSecret(
  source: SecretSource,
  hostFile: string,
): Promise<{ readonly way?: string; readonly value?: string | undefined }> {
  if ("env" in source) return { value: process.env[source.env] };
  if ("command" in source) return {};
  const found = await stat(placeOf(source.file, hostFile).path, { bigint: true }).catch(() => undefined);
  return found === undefined ? {} : { way: `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}` };
}

/** Why a secret cannot be fetched now; asks no program, and does not look at the secret. */
export async function faultOfSecret(source: SecretSource, hostFile: string): Promise<string | undefined> {
  if ("env" in source) return process.env[source.env] ? undefined : unset(source.env);
  if ("command" in source) return undefined;
  const { path, isGuarded } = placeOf(source.file, hostFile);
  return stat(path).then(
    (is) => (isGuarded ? undefined : isPrivate(is.mode) ? faultOfPlace(path, is) : exposed(path)),
    (error: unknown) => unreadable(path, error),
  );
}

async function read(source: SecretSource, hostFile: string, withinMs: number): Promise<string> {
  if ("command" in source) return outputOf(source.command, hostFile, withinMs);
  if ("file" in source) {
    const place = placeOf(source.file, hostFile);
    return Promise.race([contentOf(place, hostFile), tooLate(place, hostFile, withinMs)]);
  }
  const value = process.env[source.env];
  if (value === undefined) throw new ConfigError(unset(source.env), hostFile);
  return value;
}

interface Place {
  readonly path: string;
  /** By its directory, so that its mode says nothing. */
  readonly isGuarded: boolean;
}

/**
 * A relative file is one of the service's credentials, or lies beside the host file. systemd guards the
 * directory of credentials; the files in it show mode 0440 where access is by ACL.
 */
function placeOf(file: string, hostFile: string): Place {
  const directory = process.env["CREDENTIALS_DIRECTORY"];
  const credential = directory ? resolve(directory, file) : "";
  const isGuarded = credential.startsWith(`${directory}/`) && existsSync(credential);
  return { path: isGuarded ? credential : resolve(dirname(hostFile), file), isGuarded };
}

async function contentOf({ path, isGuarded }: Place, hostFile: string): Promise<string> {
  try {
    await using file = await open(path); // its mode and its text are of one file, whatever becomes of the name
    const is = await file.stat();
    if (!isGuarded && !isPrivate(is.mode)) throw new ConfigError(exposed(path));
    const fault = isGuarded ? undefined : faultOfPlace(path, is);
    if (fault !== undefined) throw new ConfigError(fault);
    return decodeText(await file.readFile());
  } catch (error) {
    throw new ConfigError(error instanceof ConfigError ? error.message : unreadable(path, error), hostFile);
  }
}

/** Why somebody else may have put a secret there. */
function faultOfPlace(path: string, is: Stats): string | undefined {
  return faultOfOwner(path, is) ?? faultOfOwner(dirname(path));
}

/** Opening a pipe that nobody writes to cannot be called off; it is left behind. */
async function tooLate({ path }: Place, hostFile: string, withinMs: number): Promise<never> {
  await sleep(withinMs, undefined, { ref: false });
  throw new ConfigError(`${path} could not be read within ${formatDuration(withinMs)}`, hostFile);
}

async function outputOf(
  [program = "", ...words]: readonly string[],
  hostFile: string,
  withinMs: number,
): Promise<string> {
  try {
    // With a signal that it cannot ignore.
    const options = { timeout: withinMs, killSignal: "SIGKILL", encoding: "buffer" } as const;
    const { stdout } = await promisify(execFile)(program, words, options);
    return decodeText(stdout);
  } catch (error) {
    throw new ConfigError(commandFailure(program, error, withinMs), hostFile);
  }
}

function commandFailure(program: string, error: unknown, withinMs: number): string {
  const { code, killed } = error as { readonly code?: unknown; readonly killed?: boolean };
  if (killed === true) return `${program} did not finish within ${formatDuration(withinMs)}`;
  if (code === "ENOENT") return `program not found: ${program}`;
  return `${program} ${typeof code === "number" ? "ended with status" : "failed with"} ${String(code)}`;
}

/**
 * The entry of `$NETRC` or `~/.netrc` for a server; undefined where there is no such file or entry.
 * @throws ConfigError when the entry has a password that others can read
 */
export async function netrcEntry(server: string, user: string | undefined): Promise<NetrcEntry | undefined> {
  const path = process.env["NETRC"] || join(homedir(), ".netrc");
  if (!existsSync(path)) return undefined;
  requireOwn(path);
  const octets = await readFile(path).catch((error: unknown) => {
    throw new ConfigError(unreadable(path, error));
  });
  const entry = findNetrc(parseNetrc(decodeText(octets)), server, user);
  const isSecret = entry?.password !== undefined && !isAnonymous(entry.login);
  if (isSecret && !isPrivate((await stat(path)).mode)) throw new ConfigError(exposed(path));
  return entry;
}

/** RFC 1635 §3 has both names; the password is nobody's secret. */
export function isAnonymous(user: string | undefined): boolean {
  return /^(anonymous|ftp)$/i.test(user ?? "");
}

function isPrivate(mode: number): boolean {
  return (mode & 0o077) === 0;
}

function exposed(path: string): string {
  return `${path} contains a password and other users can read it; run: chmod 600 ${path}`;
}

function unreadable(path: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? `file not found: ${path}` : `${path} cannot be read (${code})`;
}

function unset(name: string): string {
  return `the environment variable ${name} is not set`;
}

function nameOf(source: SecretSource): string {
  if ("env" in source) return `environment variable ${source.env}`;
  return "file" in source ? `file ${source.file}` : `first line that ${source.command[0]} wrote`;
}
