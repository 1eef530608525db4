import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, messageOf } from "../../shared/errors.ts";
import { requireOwnState, stateDirectory } from "../../state/directory.ts";
import { ownKey } from "../../state/own-key.ts";
import { DaemonFile } from "../schema/daemon.ts";
import { formatFault } from "./document.ts";
import type { SecretSource } from "../schema/hosts.ts";
import type { Directories } from "./directories.ts";
import { besideFile, readFileAs } from "./files.ts";
import { type RedisSettings, redisSettingsOf } from "./redis-settings.ts";
import { fetchSecret } from "./secrets.ts";

/** How the daemon is to be run. */
export interface Daemon {
  /** What is said there is relative to it; it may be absent, and all is by default. */
  readonly file: string;
  readonly value: DaemonFile;
  /** Absolute. */
  readonly dataDirectory: string;
  /** @throws ConfigError that names the source */
  secret(source: SecretSource): Promise<string>;
}

/** Reads `daemon.yaml` of the configuration. @throws ConfigError with all faults of it */
export async function loadDaemon({ config }: Directories): Promise<Daemon> {
  const file = daemonFile(config);
  const value = existsSync(file) ? await readDaemon(file) : DaemonFile.parse({});
  const { dataDirectory: given } = value;
  const dataDirectory = given === undefined ? stateDirectory(process.env) : besideFile(file, given);
  requireOwnState(dataDirectory);
  return {
    file,
    value,
    dataDirectory,
    secret: (source) => fetchSecret(source, file),
  };
}

export function daemonFile(config: string): string {
  return join(config, "daemon.yaml");
}

async function readDaemon(file: string): Promise<DaemonFile> {
  const read = await readFileAs(file, DaemonFile);
  if (read.kind === "valid") return read.value;
  throw new ConfigError(read.faults.map(formatFault).join("\n"));
}

/** Characters of a key that cannot be found out by trying. */
const LEAST_KEY = 32;

/**
 * What orders are signed with: the key that the configuration names, else one of this machine's.
 * @throws ConfigError for one that cannot be fetched, or is too short
 */
export async function loadSigningKey({ file, value, dataDirectory, secret }: Daemon): Promise<Buffer> {
  const { signingKeyFrom } = value;
  if (signingKeyFrom === undefined) return ownKey(dataDirectory);
  const key = await secret(signingKeyFrom);
  if (key.length >= LEAST_KEY) return Buffer.from(key);
  const least = `expected at least ${LEAST_KEY} characters, such as openssl rand -hex 32 writes`;
  throw new ConfigError(`the key is too short; ${least}`, `${file}: signingKeyFrom`);
}

/** Undefined where a private Redis is meant. @throws ConfigError for what cannot be fetched */
export async function loadRedisSettings({ file, value, secret }: Daemon): Promise<RedisSettings | undefined> {
  const { passwordFrom, sentinels, tls } = value.redis;
  const sentinelFrom = sentinels?.passwordFrom;
  return redisSettingsOf(value.redis, {
    ...(passwordFrom === undefined ? {} : { password: await secret(passwordFrom) }),
    ...(sentinelFrom === undefined ? {} : { sentinelPassword: await secret(sentinelFrom) }),
    ...(tls?.caFile === undefined ? {} : { authorities: await authorities(file, tls.caFile) }),
  });
}

function authorities(file: string, name: string): Promise<string> {
  return readFile(besideFile(file, name), "utf8").catch((error: unknown) => {
    throw new ConfigError(`cannot be read: ${messageOf(error)}`, `${file}: redis.tls.caFile`);
  });
}
