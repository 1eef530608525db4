import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { ConfigError } from "../shared/errors.ts";
import type { SecretSource } from "./hosts.ts";
import { findNetrc, type NetrcEntry, parseNetrc } from "./netrc.ts";

/** A program that gives a password may ask somebody; not for ever. */
const COMMAND_MS = 30_000;

/**
 * Fetches a secret. Relative files are looked for in `$CREDENTIALS_DIRECTORY` (systemd), then in `directory`.
 * @throws ConfigError that names the source and never what came from it
 */
export async function fetchSecret(source: SecretSource, directory: string, where: string): Promise<string> {
  if ("env" in source) {
    const value = process.env[source.env];
    if (value === undefined || value === "")
      throw new ConfigError(`the environment variable ${source.env} is not set`, where);
    return value;
  }
  const text =
    "file" in source
      ? await fromFile(source.file, directory, where)
      : await fromCommand(source.command, where);
  const line = text.split(/\r?\n/, 1)[0] ?? "";
  if (line === "") throw new ConfigError("the secret is empty", where);
  return line;
}

async function fromFile(file: string, directory: string, where: string): Promise<string> {
  const base = process.env["CREDENTIALS_DIRECTORY"] ?? directory;
  const path = isAbsolute(file) ? file : join(base, file);
  await refuseReadableByOthers(path, where);
  return readFile(path, "utf8");
}

async function fromCommand([program = "", ...args]: readonly string[], where: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: COMMAND_MS, encoding: "utf8" });
    return stdout;
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new ConfigError(
      `${program} gave no secret (${code === undefined ? "timed out" : `status ${String(code)}`})`,
      where,
    );
  }
}

/** The entry of `$NETRC` or `~/.netrc` for a server; undefined where there is no such file or entry. */
export async function fromNetrc(machine: string, user: string | undefined): Promise<NetrcEntry | undefined> {
  const path = process.env["NETRC"] ?? join(homedir(), ".netrc");
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const entry = findNetrc(parseNetrc(text), machine, user);
  if (entry?.password !== undefined && entry.login !== "anonymous") await refuseReadableByOthers(path, path);
  return entry;
}

async function refuseReadableByOthers(path: string, where: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new ConfigError(`${path} cannot be read`, where);
  if ((found.mode & 0o077) !== 0)
    throw new ConfigError(`${path} holds a secret and others can read it; chmod 600 it`, where);
}
