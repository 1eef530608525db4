import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { embeddedRedis } from "../../src/orchestrator/kv/embedded/embedded.ts";

const REGISTER = fileURLToPath(new URL("../../.config/register.mjs", import.meta.url));
const HOLDER = fileURLToPath(new URL("../support/embedded-holder.ts", import.meta.url));

let directory: string;
let told: string[];
const holders: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-embedded-"));
  told = [];
});
afterEach(async () => {
  for (const holder of holders.splice(0)) {
    if (holder.exitCode !== null || holder.signalCode !== null) continue;
    holder.kill("SIGKILL");
    await new Promise((resolve) => holder.once("exit", resolve));
  }
  const pid = await readFile(join(directory, "redis/redis.pid"), "utf8").catch(() => "none");
  await eventually(() => !isAlive(Number(pid)));
  await rm(directory, { recursive: true, force: true });
});

function start() {
  return embeddedRedis({ dataDirectory: directory, environment: process.env, tell: (one) => told.push(one) });
}

/** A process that keeps one, and what it says. */
async function holder(
  path = process.env["PATH"],
): Promise<{ readonly child: ChildProcess; readonly said: readonly string[] }> {
  const child = spawn(process.execPath, ["--import", REGISTER, HOLDER, directory], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PATH: path },
  });
  holders.push(child);
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the holder ended with ${code}: ${said.join("; ")}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      said.push(line);
      if (line.startsWith("ready: ")) resolve();
    });
  });
  return { child, said };
}

async function pidOf(socket: string): Promise<number> {
  const client = new Redis({ path: socket, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on("error", () => {});
  try {
    return Number(/process_id:(\d+)/.exec(await client.info("server"))?.[1]);
  } finally {
    client.disconnect();
  }
}

/** A zombie, whose parent has yet to ask for its status, is not. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

async function eventually(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    if (turn === 1_200) throw new Error("this did not come about in 60 s");
    await sleep(50);
  }
}

async function say(socket: string, ...command: [string, ...string[]]): Promise<unknown> {
  const client = new Redis({ path: socket });
  try {
    return await client.call(...command);
  } finally {
    client.disconnect();
  }
}

test("it listens on a socket that only this user can reach, keeps a file, and throws nothing out", async () => {
  const redis = await start();
  const pid = await pidOf(redis.socket);
  expect((await stat(redis.socket)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, "redis"))).mode & 0o777).toBe(0o700);
  expect(await readFile(join(directory, "redis/redis.pid"), "utf8")).toBe(`${pid}\n`);
  for (const [name, value] of Object.entries({
    port: "0",
    appendonly: "yes",
    appendfsync: "everysec",
    "maxmemory-policy": "noeviction",
  })) {
    expect(await say(redis.socket, "CONFIG", "GET", name)).toEqual([name, value]);
  }
  await redis[Symbol.asyncDispose]();
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(redis.socket)).toBe(false);
  expect(told).toEqual([]);
});

test("what it was told is there when it is started again", async () => {
  const first = await start();
  await say(first.socket, "SET", "kept", "yes");
  await first[Symbol.asyncDispose]();
  await using second = await start();
  expect(await say(second.socket, "GET", "kept")).toBe("yes");
});

test("killed, it is started again with what it was told a second before", async () => {
  await using redis = await start();
  const pid = await pidOf(redis.socket);
  await say(redis.socket, "SET", "kept", "yes");
  await sleep(1_100);
  process.kill(pid, "SIGKILL");
  await eventually(() => !isAlive(pid));
  const next = await pidOf(redis.socket);
  expect(next).not.toBe(pid);
  expect(await say(redis.socket, "GET", "kept")).toBe("yes");
  expect(told).toEqual(["the private Redis has exited (SIGKILL); restarting it"]);
});

test("two processes that start at once have the same one", async () => {
  const [one, two] = await Promise.all([holder(), holder()]);
  const socket = join(directory, "redis/redis.sock");
  expect(one.said).toEqual([`ready: ${socket}`]);
  expect(two.said).toEqual([`ready: ${socket}`]);
  const pid = await pidOf(socket);
  const parents = await readFile(`/proc/${pid}/stat`, "utf8");
  expect([one.child.pid, two.child.pid]).toContain(Number(parents.split(") ")[1]?.split(" ")[1]));
});

test("a process that finds the lock taken late does not take another's Redis for its own", async () => {
  const tools = join(directory, "bin");
  const [asked, go] = [join(directory, "asked"), join(directory, "go")];
  await mkdir(tools);
  await writeFile(
    join(tools, "flock"),
    `#!/bin/sh\nPATH=${process.env["PATH"]}\ntouch ${asked}\nwhile [ ! -e ${go} ]; do sleep 0.02; done\nexec flock "$@"\n`,
    { mode: 0o755 },
  );
  const late = holder(`${tools}:${process.env["PATH"]}`);
  await eventually(() => existsSync(asked));
  const first = await holder();
  await writeFile(go, "");
  const { said } = await late;
  first.child.kill("SIGKILL");
  await eventually(() => said.length > 1);
  expect(said.slice(1)).toEqual([
    "told: the private Redis has exited (its parent process has exited); restarting it",
  ]);
  await pidOf(join(directory, "redis/redis.sock"));
});

test("it ends with the process that started it, however that ends; another that shares it starts it again", async () => {
  const first = await holder();
  const socket = join(directory, "redis/redis.sock");
  const pid = await pidOf(socket);
  await say(socket, "SET", "kept", "yes");
  const second = await holder();
  expect(await pidOf(socket)).toBe(pid);
  first.child.kill("SIGKILL");
  await eventually(() => !isAlive(pid));
  const next = await pidOf(socket);
  expect(await say(socket, "GET", "kept")).toBe("yes");
  const restarted = "told: the private Redis has exited (its parent process has exited); restarting it";
  await eventually(() => second.said.includes(restarted));
  second.child.kill("SIGKILL");
  await eventually(() => !isAlive(next));
});

test("who shares another's leaves it alone", async () => {
  await using redis = await start();
  const pid = await pidOf(redis.socket);
  const sharer = await holder();
  sharer.child.kill("SIGTERM");
  await new Promise((resolve) => sharer.child.once("exit", resolve));
  expect(await pidOf(redis.socket)).toBe(pid);
});

test("a long data directory has its socket elsewhere, the same for everyone", async () => {
  const deep = join(directory, "d".repeat(100));
  const options = { dataDirectory: deep, environment: process.env, tell: (one: string) => told.push(one) };
  const runtime = { ...options, environment: { ...process.env, XDG_RUNTIME_DIR: directory } };
  await using first = await embeddedRedis(runtime);
  await using second = await embeddedRedis(runtime);
  expect(dirname(dirname(first.socket))).toBe(directory);
  expect(second.socket).toBe(first.socket);
  expect(await say(first.socket, "PING")).toBe("PONG");
});

test("a directory that others can look into is refused", async () => {
  await mkdir(join(directory, "redis"));
  await chmod(join(directory, "redis"), 0o755);
  await expect(start()).rejects.toThrow(
    `${directory}/redis must be a directory that belongs to this user with mode 0700`,
  );
});

test("one that cannot start says why", async () => {
  await mkdir(join(directory, "redis/appendonlydir"), { recursive: true });
  await chmod(join(directory, "redis"), 0o700);
  await writeFile(join(directory, "redis/appendonlydir/appendonly.aof.manifest"), "rubbish\n");
  await expect(start()).rejects.toThrow(
    /^redis-server did not start \(status 1\); last lines of .*redis.log: .+/,
  );
});

test("where there is no redis-server, and no apt to fetch one, both are said", async () => {
  const nowhere = { PATH: join(directory, "bin"), XDG_CACHE_HOME: join(directory, "cache") };
  const path = process.env["PATH"];
  process.env["PATH"] = nowhere.PATH;
  try {
    const started = embeddedRedis({ dataDirectory: directory, environment: nowhere, tell: () => {} });
    await expect(started).rejects.toThrow(
      /^redis-server not found, and apt-get could not download the packages: .*; install it, or set redis\.url/,
    );
  } finally {
    process.env["PATH"] = path;
  }
});
