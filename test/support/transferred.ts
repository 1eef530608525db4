import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { TEMPORARY_PREFIX } from "../../src/transfer/publish/temporary-name.ts";
import type { RunningServer } from "../servers/index.ts";

/** Bytes that a vsftpd says it has sent, in downloads that came to their end and in those that did not. */
export async function octetsRead(server: RunningServer): Promise<number> {
  const log = await server.log();
  const downloads = log.matchAll(/ (?:OK|FAIL) DOWNLOAD: .*?, (\d+) bytes/g);
  return [...downloads].reduce((sum, [, octets]) => sum + Number(octets), 0);
}

/** Bytes of all files in a directory and below; 0 for one that is not there. */
export async function octetsIn(directory: string): Promise<number> {
  const files = await filesIn(directory);
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Temporary files of ours in a directory and below, by name. */
export async function partialsIn(directory: string): Promise<readonly string[]> {
  const names = (await filesIn(directory)).map((file) => file.slice(file.lastIndexOf("/") + 1));
  return names.filter((name) => name.startsWith(TEMPORARY_PREFIX));
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}
