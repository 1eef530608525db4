import { WAITS } from "../../shared/waits.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, Redis } from "ioredis";
import type { RedisAddress } from "../../config/schema/redis-address.ts";
import type { RedisAccess, RedisSettings } from "../../config/load/redis-settings.ts";
import { errnoOf, reasonOf } from "../../shared/system-error.ts";
import { NoDaemonError, RedisError } from "../errors.ts";
import type { RedisClient } from "./client.ts";
import { type OnBadRow, onBadRow } from "./rows.ts";

export type { RedisSettings };

export interface ConnectOptions {
  /** What becomes of a command while Redis is away: it waits for it (workers), or fails at once (requests). */
  readonly whenAway: "wait" | "fail";
  /** Called when Redis is away and when it is back, once each. */
  readonly tell: (sentence: string) => void;
  /** Called once for each row that is invalid and ignored. Absent: they are ignored silently. */
  readonly onBadRow?: OnBadRow;
}

/** To be connected and let in, by whichever node or sentinel it takes. */
const CONNECT_MS = WAITS.redisConnect.ms;
/** Who asks for something now does not wait longer for a Redis that hangs. */
const ANSWER_MS = WAITS.redisAnswer.ms;

/** Connects, and connects again whenever Redis was away. @throws RedisError when it is away now */
export async function connectRedis(settings: RedisSettings, options: ConnectOptions): Promise<RedisClient> {
  const client = clientFor(settings, options);
  if (options.onBadRow !== undefined) onBadRow(client, options.onBadRow);
  let lastFault: unknown;
  client.on("error", (error: unknown) => {
    lastFault = error;
  });
  const patience = new AbortController();
  try {
    // Sentinels and clusters would be tried for ever.
    const late = sleep(CONNECT_MS, undefined, { signal: patience.signal }).then(() => {
      throw new Error(`no response within ${CONNECT_MS / 1_000} s`);
    });
    await Promise.race([client.connect(), late]);
  } catch (error) {
    client.disconnect();
    throw absenceOf(settings, options, lastFault ?? error);
  } finally {
    patience.abort();
  }
  tellOutages(client, settings, options.tell);
  return client;
}

/** The private Redis is there as long as a daemon runs; whoever only asks it something wants to know that. */
function absenceOf(settings: RedisSettings, { whenAway }: ConnectOptions, fault: unknown): RedisError {
  const because = `no Redis at ${describe(settings)}: ${wordsOf(fault)}`;
  if (settings.kind !== "socket" || whenAway === "wait") return new RedisError(because, fault);
  // Nobody listens there, or somebody does and says nothing.
  if (!["ECONNREFUSED", "ENOENT"].includes(errnoOf(fault) ?? ""))
    return new RedisError(
      `the daemon's Redis at ${describe(settings)} does not respond: ${wordsOf(fault)}; see the log of the daemon`,
      fault,
    );
  return new NoDaemonError(`no daemon is running here; start one with: fxpd daemon (${because})`, fault);
}

function clientFor(settings: RedisSettings, { whenAway }: ConnectOptions): RedisClient {
  const common = {
    ...accessOf(settings),
    lazyConnect: true,
    connectionName: "fxpd",
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: whenAway === "wait" ? null : 0,
    ...(whenAway === "wait" ? {} : { commandTimeout: ANSWER_MS }),
  };
  const alone = { ...common, enableOfflineQueue: whenAway === "wait", retryStrategy };
  switch (settings.kind) {
    case "socket":
      return new Redis({ ...alone, path: settings.path });
    case "server":
      return new Redis({ ...alone, ...settings.address, db: settings.database });
    case "sentinels":
      return new Redis({ ...alone, ...sentinelOptions(settings) });
    case "cluster":
      return new Cluster([...settings.addresses], {
        lazyConnect: true,
        enableOfflineQueue: whenAway === "wait",
        clusterRetryStrategy: retryStrategy,
        redisOptions: common,
      });
  }
}

/** Soon again, and not so often that a Redis which comes back is kept from it. */
function retryStrategy(times: number): number {
  return Math.min(times * 200, 2_000);
}

function accessOf({ user, password, tls }: RedisAccess) {
  return {
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
  };
}

function tlsOptions({ verify, authorities, serverName }: NonNullable<RedisAccess["tls"]>) {
  return {
    rejectUnauthorized: verify,
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function sentinelOptions(settings: RedisSettings & { readonly kind: "sentinels" }) {
  const { addresses, name, sentinelPassword, tls } = settings;
  return {
    sentinels: [...addresses],
    name,
    sentinelRetryStrategy: retryStrategy,
    // A master that has become a replica says so; the sentinels know the new one.
    reconnectOnError: ({ message }: Error) => (message.startsWith("READONLY") ? 2 : false),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(tls) }),
  };
}

function tellOutages(client: RedisClient, settings: RedisSettings, tell: (sentence: string) => void): void {
  let isAway = false;
  client.on("error", (error: unknown) => {
    if (!isAway) tell(`lost the connection to Redis at ${describe(settings)}: ${reasonOf(error)}`);
    isAway = true;
  });
  client.on("ready", () => {
    if (isAway) tell(`reconnected to Redis at ${describe(settings)}`);
    isAway = false;
  });
}

/** For a person; never with a password. */
export function describe(settings: RedisSettings): string {
  switch (settings.kind) {
    case "socket":
      return settings.path;
    case "server":
      return textOf(settings.address);
    case "sentinels":
      return `${settings.name} of ${settings.addresses.map(textOf).join(", ")}`;
    case "cluster":
      return settings.addresses.map(textOf).join(", ");
  }
}

function textOf({ host, port }: RedisAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A cluster's error wraps that of a node. */
function wordsOf(error: unknown): string {
  const { lastNodeError } = error as { readonly lastNodeError?: unknown };
  const words = reasonOf(lastNodeError ?? error);
  return words.startsWith("NOAUTH") ? "it requires a password; set redis.passwordFrom" : words;
}
