import { type Daemon, loadDaemon, loadRedisSettings } from "../config/load-daemon.ts";
import type { Directories } from "../config/directories.ts";
import { type Clock, systemClock } from "../shared/clock.ts";
import { Control } from "./runs/control.ts";
import { Names } from "./names.ts";
import { openQueues, type Queues } from "./work/queues.ts";
import { checkRedis } from "./redis/check.ts";
import { connectRedis, describe, type ConnectOptions, type RedisClient } from "./redis/connect.ts";
import { embeddedRedis } from "./redis/embedded.ts";
import { placeIn } from "./redis/place.ts";
import { Scope } from "../shared/scope.ts";
import { RunStore } from "./runs/store.ts";

/** One Redis and all that stands in it, for as long as its scope lasts. */
export interface Installation extends AsyncDisposable {
  readonly daemon: Daemon;
  readonly redis: RedisClient;
  readonly names: Names;
  readonly store: RunStore;
  readonly queues: Queues;
  readonly control: Control;
  readonly clock: Clock;
}

export interface InstallationOptions extends ConnectOptions {
  /** Whether a private Redis is started, where the configuration names no other; else it has to be running. */
  readonly starts: boolean;
}

/** @throws ConfigError; RedisError where there is no Redis, or none that can be relied on */
export async function openInstallation(
  directories: Directories,
  options: InstallationOptions,
): Promise<Installation> {
  const daemon = await loadDaemon(directories);
  const scope = new Scope();
  try {
    const settings = (await loadRedisSettings(daemon)) ?? (await privateRedis(daemon, options, scope));
    const redis = await connectRedis(settings, options);
    scope.defer(() => redis.disconnect());
    const names = new Names(daemon.value.redis.prefix);
    const warnings = options.starts ? await checkRedis(redis, describe(settings), names.prefix) : [];
    for (const warning of warnings) options.tell(warning);
    const [store, clock] = [new RunStore(redis, names), systemClock];
    const queues = scope.use(openQueues(redis, names));
    const control = new Control({ store, queues, clock });
    const dispose = () => scope[Symbol.asyncDispose]();
    return { daemon, redis, names, store, queues, control, clock, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function privateRedis(daemon: Daemon, { starts, tell }: InstallationOptions, scope: Scope) {
  const { dataDirectory } = daemon;
  const environment = process.env;
  if (!starts) return { kind: "socket", path: (await placeIn(dataDirectory, environment)).socket } as const;
  const { socket } = scope.use(await embeddedRedis({ dataDirectory, environment, tell }));
  return { kind: "socket", path: socket } as const;
}
