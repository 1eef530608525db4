import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import type { RunningServer } from "../servers/index.ts";

/** What both the recording of an earlier version's state and the test that reads it have: jobs, and the source's files. */
export const JOBS: Readonly<Record<string, readonly string[]>> = {
  nightly: ["mirror: {from: archive:pub, to: edge:pub}"],
  large: ["copy: {from: 'archive:large/*', to: edge:large/}", "parallel: 1"],
};
const MEGABYTE = 1_000_000;
const FILES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(["a", "b", "sub/c", "sub/d"].map((name) => [`pub/${name}`, 2_000])),
  ...Object.fromEntries(["a.iso", "b.iso", "c.iso"].map((name) => [`large/${name}`, 8 * MEGABYTE])),
};
const MODIFIED = new Date("2026-01-02T03:04:05Z");

export async function growSource(root: string): Promise<void> {
  for (const [name, size] of Object.entries(FILES)) await putFile(root, { name, size, modified: MODIFIED });
}

/** A file of a target, by what a directory says of it; what is in it follows from the source, of which it is a beginning. */
export interface TargetFile {
  readonly name: string;
  readonly size: number;
  readonly modified: string;
}

export async function targetFiles(root: string): Promise<readonly TargetFile[]> {
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return Promise.all(
    files.sort().map(async (file) => {
      const { size, mtime } = await stat(file);
      return { name: file.slice(root.length + 1), size, modified: mtime.toISOString() };
    }),
  );
}

export async function growTarget(root: string, files: readonly TargetFile[]): Promise<void> {
  for (const { name, size, modified } of files)
    await putFile(root, { name, size, modified: new Date(modified) });
}

interface File {
  readonly name: string;
  readonly size: number;
  readonly modified: Date;
}

async function putFile(root: string, { name, size, modified }: File): Promise<void> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await chmod(dirname(path), 0o777);
  // A line of 16 bytes for each place, so that bytes at a wrong place are others.
  const lines = Array.from({ length: Math.ceil(size / 16) }, (_, at) => `${at}\n`.padStart(16));
  await writeFile(path, lines.join(""));
  await truncate(path, size);
  await chmod(path, 0o666);
  await utimes(path, modified, modified);
}

/** Shorter ones are leases and locks: nobody who restores a backup finds them alive. */
const LEASE_MS = 3_600_000;

/** The commands that make all of a Redis's keys again, one as JSON to a line; each character of a word is a byte. */
export async function redisCommands(redis: RedisClient): Promise<string> {
  const lines: string[] = [];
  for (const key of (await redis.keys("*")).sort()) {
    const left = await redis.pttl(key);
    if (left >= 0 && left < LEASE_MS) continue;
    for (const command of await commandsFor(redis, key, await redis.type(key)))
      lines.push(JSON.stringify(command.map((word) => Buffer.from(word).toString("latin1"))));
  }
  return `${lines.join("\n")}\n`;
}

type Words = readonly (string | Buffer)[];

async function commandsFor(redis: RedisClient, key: string, type: string): Promise<readonly Words[]> {
  const asked = async (...words: readonly string[]) =>
    (await redis.callBuffer(words[0] ?? "", ...words.slice(1))) as Buffer;
  const all = async (...words: readonly string[]) => (await asked(...words)) as unknown as Buffer[];
  switch (type) {
    case "string":
      return [["SET", key, await asked("GET", key)]];
    case "hash":
      return [["HSET", key, ...(await all("HGETALL", key))]];
    case "set":
      return [["SADD", key, ...(await all("SMEMBERS", key))]];
    case "list":
      return [["RPUSH", key, ...(await all("LRANGE", key, "0", "-1"))]];
    case "zset": {
      const members = (await all("ZRANGE", key, "0", "-1", "WITHSCORES")) as unknown as [Buffer, number][];
      return [["ZADD", key, ...members.flatMap(([member, score]) => [String(score), member])]];
    }
    case "stream": {
      const entries = (await all("XRANGE", key, "-", "+")) as unknown as [Buffer, Buffer[]][];
      return entries.map(([id, fields]) => ["XADD", key, id, ...fields]);
    }
    default:
      throw new Error(`${key} is a ${type}`);
  }
}

/** Carries out what {@link redisCommands} has written. */
export async function replay(redis: RedisClient, lines: string): Promise<void> {
  for (const line of lines.trim().split("\n")) {
    const [name = "", ...words] = JSON.parse(line) as string[];
    await redis.call(name, ...words.map((word) => Buffer.from(word, "latin1")));
  }
}

type Servers = Readonly<Record<"archive" | "edge", RunningServer>>;

/** What is another with each start of the servers, and stands for it in what is recorded. */
function placeholders({
  archive,
  edge,
}: Servers): readonly (readonly [value: string, placeholder: string])[] {
  const at = ({ address, port }: RunningServer) => `${address}:${port}`;
  const keys = Object.keys(FILES).map((name) => {
    // As 0.1.0 names what it has begun to write: this does not follow what later versions do.
    const located = `ftp://${edge.user}@${at(edge)}/${edge.home}/${name}`;
    return [createHash("sha256").update(located).digest("hex"), name] as const;
  });
  return [
    ...keys.map(([key, name]) => [key.slice(0, 32), `<key of ${name}>`] as const),
    ...keys.map(([key, name]) => [key.slice(0, 16), `<short key of ${name}>`] as const),
    [at(archive), "<archive>"],
    [at(edge), "<edge>"],
    [archive.home, "<home at archive>"],
    [edge.home, "<home at edge>"],
  ];
}

export const withPlaceholders = (text: string, servers: Servers): string =>
  placeholders(servers).reduce((one, [value, name]) => one.replaceAll(value, name), text);

export const withValues = (text: string, servers: Servers): string =>
  placeholders(servers).reduce((one, [value, name]) => one.replaceAll(name, value), text);
