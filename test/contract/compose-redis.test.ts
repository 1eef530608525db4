import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { findRedis } from "../../src/orchestrator/kv/embedded/program.ts";
import { until } from "../support/until.ts";
import { freePort } from "../support/redis.ts";

const PASSWORD = "0123456789abcdef";

test("the Redis of docker-compose.yml asks for its password, keeps what it has, and shows it in no list of processes", async () => {
  const compose = parse(await readFile("docker-compose.yml", "utf8"), { merge: true }) as {
    readonly services: { readonly redis: { readonly command: readonly [string, string, string] } };
  };
  const [shell, option, script] = compose.services.redis.command;
  const port = await freePort();
  // As Compose reads it, on a port that is free.
  const own = script.replaceAll("$$", "$").replace(" - ", ` - --bind 127.0.0.1 --port ${port} `);
  const directory = await mkdtemp(join(tmpdir(), "fxpd-compose-"));
  const program = await findRedis(process.env, () => {});
  const env = {
    ...process.env,
    PATH: [dirname(program.path), process.env["PATH"]].join(delimiter),
    ...(program.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: program.libraryPath }),
    REDIS_PASSWORD: PASSWORD,
  };
  const child = spawn(shell, [option, own], { cwd: directory, env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stranger = new Redis({ port, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  const friend = new Redis({ port, password: PASSWORD, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  for (const client of [stranger, friend]) client.on("error", () => {});
  try {
    expect(await friend.ping()).toBe("PONG");
    await expect(stranger.ping()).rejects.toThrow("NOAUTH");
    expect(await friend.config("GET", "appendonly")).toEqual(["appendonly", "yes"]);
    expect(await friend.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    expect(await readFile(`/proc/${child.pid}/cmdline`, "utf8")).not.toContain(PASSWORD);
    child.kill("SIGTERM");
    await until(() => child.exitCode === 0, "it ends in good order", 10_000);
  } finally {
    stranger.disconnect();
    friend.disconnect();
    child.kill("SIGKILL");
    await ended;
    await rm(directory, { recursive: true, force: true });
  }
});
