import {
  type Daemon,
  DATA_DIRECTORY_SETTING,
  loadDaemon,
  loadRedisSettings,
  loadSigningKey,
} from "../config/load/load-daemon.ts";
import type { Directories } from "../config/load/directories.ts";
import { type Clock, systemClock } from "../shared/clock.ts";
import { Authority } from "./authority/authority.ts";
import type { SigningKey } from "./authority/signing.ts";
import { Control } from "./runs/control.ts";
import { RunHistory } from "./history/history.ts";
import { HostLinks } from "./history/links.ts";
import { KeyNames } from "./kv/names.ts";
import { openQueues, type Queues } from "./worker/queue/queues.ts";
import { checkRedis } from "./kv/check.ts";
import { connectRedis, describe, type ConnectOptions } from "./kv/connect.ts";
import { embeddedRedis } from "./kv/embedded/embedded.ts";
import { placeIn } from "./kv/embedded/place.ts";
import { Scope } from "../shared/scope.ts";
import { formatDuration } from "../shared/units.ts";
import { AuditTrail } from "../state/audit/audit-trail.ts";
import { Stores } from "./kv/stores/stores.ts";
import { RunStore } from "./kv/stores/runs.ts";
import { SharedClock } from "./kv/shared-clock.ts";

/** One Redis and all that is in it, for as long as its scope lasts. */
export interface Installation extends AsyncDisposable {
  /** Of this machine. */
  readonly audit: Pick<AuditTrail, "append" | "rows">;
  readonly daemon: Daemon;
  readonly store: RunStore;
  readonly kv: Stores;
  readonly queues: Queues;
  readonly control: Control;
  readonly history: RunHistory;
  readonly links: HostLinks;
  /** Whose orders are carried out on this machine. */
  readonly authority: Authority;
  /** Redis' clock, as all machines have it. */
  readonly clock: Clock & Pick<SharedClock, "compare">;
}

export interface InstallationOptions extends ConnectOptions {
  /** Whether a private Redis is started, where the configuration names no other; else it has to be running. */
  readonly starts: boolean;
  /** The clock of this machine; the system's where absent. */
  readonly clock?: Clock;
}

/** Clocks that differ by less are as good as the same to people; milliseconds. */
const WARNED_MS = 5_000;

/** @throws ConfigError; RedisError where there is no Redis, or none that can be relied on; StateError where the data directory cannot be written */
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
    const names = new KeyNames(daemon.value.redis.prefix);
    const warnings = options.starts ? await checkRedis(redis, describe(settings), names.prefix) : [];
    for (const warning of warnings) options.tell(warning);
    const key = await signingKey(daemon, options);
    const store = new RunStore(redis, names, key);
    const clock = scope.use(await SharedClock.open(redis, options.clock));
    if (options.starts && Math.abs(clock.offsetMs) >= WARNED_MS) options.tell(clockWarning(clock.offsetMs));
    const authority = new Authority(key, directories);
    const queues = scope.use(openQueues(redis, names));
    const control = new Control({ store, queues, clock, directories });
    const dispose = () => scope[Symbol.asyncDispose]();
    const audit = new AuditTrail(daemon.dataDirectory, { ...systemClock, setting: DATA_DIRECTORY_SETTING });
    return {
      audit,
      daemon,
      store,
      kv: new Stores(redis, names, store),
      queues,
      control,
      history: new RunHistory(redis, names),
      links: new HostLinks(redis, names),
      authority,
      clock,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

/** Without it, a command can still ask for what the workers' own jobs say. */
async function signingKey(daemon: Daemon, { starts }: InstallationOptions): Promise<SigningKey | undefined> {
  if (starts) return loadSigningKey(daemon);
  return loadSigningKey(daemon).catch(() => undefined);
}

function clockWarning(offsetMs: number): string {
  const distance = `${formatDuration(Math.abs(offsetMs))} ${offsetMs > 0 ? "behind" : "ahead of"}`;
  return `the clock of this machine is ${distance} that of Redis, which is used for all records; synchronise the clocks (NTP)`;
}

async function privateRedis(daemon: Daemon, { starts, tell }: InstallationOptions, scope: Scope) {
  const { dataDirectory } = daemon;
  const environment = process.env;
  if (!starts) return { kind: "socket", path: (await placeIn(dataDirectory, environment)).socket } as const;
  const { socket } = scope.use(await embeddedRedis({ dataDirectory, environment, tell }));
  return { kind: "socket", path: socket } as const;
}
