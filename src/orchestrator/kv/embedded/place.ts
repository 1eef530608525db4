import { lstat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DATA_DIRECTORY_SETTING } from "../../../config/load/load-daemon.ts";
import { makeOwnDirectory } from "../../../state/state-error.ts";
import { RedisError } from "../../errors.ts";
import { hexDigest } from "../../../shared/hex-digest.ts";

/** Where an embedded Redis keeps its data, and where it listens. */
export interface RedisPlace {
  readonly directory: string;
  readonly socket: string;
}

/** A socket's path is no longer than that (unix(7), less the byte that ends it). */
const SOCKET_PATH_LIMIT = 107;

/**
 * `redis` in the data directory. A socket that would have too long a path there lies in a directory of ours in
 * `$XDG_RUNTIME_DIR` or the temporary directory, whose name follows from the data directory.
 * @throws StateError where a directory cannot be made; RedisError where one is not ours alone
 */
export async function placeIn(
  dataDirectory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RedisPlace> {
  const directory = await ownDirectory(join(dataDirectory, "redis"), DATA_DIRECTORY_SETTING);
  const near = join(directory, "redis.sock");
  if (Buffer.byteLength(near) <= SOCKET_PATH_LIMIT) return { directory, socket: near };
  const label = hexDigest(directory, 16);
  const base = environment["XDG_RUNTIME_DIR"] || tmpdir();
  const aside = await ownDirectory(join(base, `fxpd-${label}`), "XDG_RUNTIME_DIR");
  return { directory, socket: join(aside, "redis.sock") };
}

/** Anyone may have made a directory in /tmp before us. */
async function ownDirectory(path: string, setting: string): Promise<string> {
  makeOwnDirectory(path, setting);
  const found = await lstat(path);
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  if (isOurs) return path;
  throw new RedisError(`${path} must be a directory that belongs to this user with mode 0700`);
}
