import { WAITS } from "../../../shared/waits.ts";
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisError } from "../../errors.ts";
import type { RedisPlace } from "./place.ts";
import type { RedisProgram } from "./program.ts";

/** What flock(1) ends with where another Redis has the directory. */
const LOCKED = 75;
const POLL_MS = 20;
/** For its last fsync; then it is killed. */
const PATIENCE_MS = WAITS.redisEnd.ms;

/** A Redis that answers: begun by this process, or by another one that has the same data directory. */
export interface RedisProcess {
  /** Of our own child; undefined for another's. */
  readonly pid: number | undefined;
  /** Fulfilled, with how, when it has ended. */
  readonly ended: Promise<string>;
  /** Ends our own, and leaves another's alone. */
  stop(): Promise<void>;
}

/** Finds who listens there, or starts one; two who start at once end up with the same. @throws RedisError */
export async function attend(
  program: RedisProgram,
  place: RedisPlace,
  signal: AbortSignal,
): Promise<RedisProcess> {
  for (;;) {
    signal.throwIfAborted();
    const answering = await ping(place.socket);
    if (answering !== undefined) return anothers(answering.connection);
    const own = await begun(program, place, signal);
    if (own !== undefined) return own;
    await sleep(POLL_MS, undefined, { signal });
  }
}

function anothers(watch: Socket): RedisProcess {
  const ended = new Promise<string>((resolve) => {
    watch.on("close", () => resolve("its parent process has exited"));
  });
  watch.resume();
  return {
    pid: undefined,
    ended,
    stop: () => {
      watch.destroy();
      return Promise.resolve();
    },
  };
}

/** Undefined where another has begun one in the meantime. */
async function begun(
  program: RedisProgram,
  place: RedisPlace,
  signal: AbortSignal,
): Promise<RedisProcess | undefined> {
  const child = launch(program, place);
  const ended = new Promise<string>((resolve) => {
    child.once("error", ({ message }) => resolve(message));
    child.once("exit", (code, killer) => resolve(killer ?? `status ${code}`));
  });
  const stop = () => end(child, ended);
  try {
    for (;;) {
      if (child.exitCode === LOCKED) return undefined;
      if (hasEnded(child)) throw await failure(place, await ended);
      // What answers may be another's, while our child has not yet found the lock taken.
      const answering = await ping(place.socket);
      answering?.connection.destroy();
      if (answering?.pid === child.pid && !hasEnded(child)) return { pid: child.pid, ended, stop };
      await sleep(POLL_MS, undefined, { signal });
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * setpriv ends it with us, however we end. The lock is held by the very process that becomes redis-server: there
 * is one for a directory, and no lock outlives it.
 */
function launch({ path, libraryPath }: RedisProgram, place: RedisPlace): ChildProcess {
  const log = openSync(join(place.directory, "redis.log"), "a", 0o600);
  const bound = ["--pdeathsig", "TERM", "--"];
  const locked = ["flock", "--nonblock", "--no-fork", "--conflict-exit-code", `${LOCKED}`];
  const lock = join(place.directory, "lock");
  try {
    return spawn("setpriv", [...bound, ...locked, lock, path, ...settings(place)], {
      cwd: place.directory,
      stdio: ["ignore", log, log],
      detached: true, // Ctrl-C ends us in good order first
      env: {
        PATH: process.env["PATH"],
        ...(libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }),
      },
    });
  } finally {
    closeSync(log);
  }
}

/** No port; every write appended to a file that is on the disk within a second; nothing ever thrown out. */
function settings({ directory, socket }: RedisPlace): readonly string[] {
  return Object.entries({
    port: "0",
    unixsocket: socket,
    unixsocketperm: "700",
    dir: directory,
    pidfile: join(directory, "redis.pid"),
    appendonly: "yes",
    appendfsync: "everysec",
    save: "",
    "maxmemory-policy": "noeviction",
    loglevel: "warning",
  }).flatMap(([name, value]) => [`--${name}`, value]);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (hasEnded(child)) return;
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await ended;
  clearTimeout(patience);
}

async function failure({ directory }: RedisPlace, how: string): Promise<RedisError> {
  const log = await readFile(join(directory, "redis.log"), "utf8").catch(() => "");
  const words = log.trim().split("\n").at(-1) ?? "";
  const hint = /ENOENT/.test(how)
    ? "install setpriv and flock (util-linux), or set redis.url in config/daemon.yaml"
    : `last lines of ${join(directory, "redis.log")}: ${words}`;
  return new RedisError(`redis-server did not start (${how}); ${hint}`);
}

/** A Redis that answers on a socket: a connection to it, and its process. */
interface Answering {
  readonly connection: Socket;
  readonly pid: number;
}

/** Who listens there and is ready, if anybody does. */
function ping(socket: string): Promise<Answering | undefined> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    const none = () => {
      connection.destroy();
      resolve(undefined);
    };
    let received = "";
    connection.setTimeout(2_000, none);
    connection.once("error", none);
    connection.once("close", none);
    connection.once("connect", () => connection.write("PING\r\nINFO server\r\n"));
    connection.on("data", (chunk) => {
      received += chunk.toString("latin1");
      if (!"+PONG".startsWith(received.slice(0, 5))) return none(); // it still loads its file
      const pid = /^process_id:(\d+)\r$/m.exec(received)?.[1];
      if (pid === undefined) return;
      connection.removeAllListeners("close").removeAllListeners("data").setTimeout(0);
      resolve({ connection, pid: Number(pid) });
    });
  });
}
