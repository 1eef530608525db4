import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../../../shared/errors.ts";
import { RedisError } from "../../errors.ts";
import { librariesIn, unpackPackages } from "./debian.ts";

/** A server that speaks Redis, and what it needs in its environment. */
export interface RedisProgram {
  readonly path: string;
  readonly libraryPath: string | undefined;
}

/** BullMQ's scripts need it. */
export const OLDEST_VERSION = "6.2";

/** `fxpd` in `$XDG_CACHE_HOME`, else in `~/.cache`. */
function cacheDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "fxpd");
}

/**
 * `redis-server` or `valkey-server` on the PATH, where it is new enough; else Debian's, unpacked into the cache
 * directory, which fetches it the first time and says so with `tell`.
 * @throws RedisError where there is none, and apt has none either
 */
export async function findRedis(
  environment: Readonly<Record<string, string | undefined>>,
  tell: (sentence: string) => void,
): Promise<RedisProgram> {
  const directories = (environment["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
  for (const name of ["redis-server", "valkey-server"]) {
    const path = directories.map((directory) => join(directory, name)).find((one) => existsSync(one));
    if (path !== undefined && isNewEnough(await versionOf(path))) return { path, libraryPath: undefined };
  }
  return unpackedRedis(join(cacheDirectory(environment), "debian", "redis-server"), tell);
}

async function unpackedRedis(root: string, tell: (sentence: string) => void): Promise<RedisProgram> {
  if (!existsSync(root)) tell(`redis-server not found; downloading it from Debian into ${root}`);
  try {
    await unpackPackages(["redis-server", "redis-tools"], root); // the one is a link into the other
  } catch (error) {
    throw new RedisError(
      `redis-server not found, and ${messageOf(error)}; install it, or set redis.url in config/daemon.yaml`,
      error,
    );
  }
  const path = join(root, "usr/bin/redis-server");
  if (!existsSync(path))
    throw new RedisError(`redis-server is missing in ${root}; delete that directory and try again`);
  return { path, libraryPath: librariesIn(root).join(delimiter) };
}

/** Undefined for a program that does not say. */
async function versionOf(path: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(path, ["--version"]).catch(() => ({ stdout: "" }));
  return /\bv=(\d+\.\d+)/.exec(stdout)?.[1];
}

export function isNewEnough(version: string | undefined): boolean {
  const [major = 0, minor = 0] = version?.split(".").map(Number) ?? [];
  const [least = 0, less = 0] = OLDEST_VERSION.split(".").map(Number);
  return major > least || (major === least && minor >= less);
}
