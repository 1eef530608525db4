import type { DaemonFile } from "../schema/daemon.ts";
import type { RedisAddress } from "../schema/redis-address.ts";

/** Where Redis is, and how to be let in. */
export type RedisSettings = RedisAccess &
  (
    | { readonly kind: "socket"; readonly path: string }
    | { readonly kind: "server"; readonly address: RedisAddress; readonly database: number }
    | {
        readonly kind: "sentinels";
        readonly addresses: readonly RedisAddress[];
        /** What the sentinels call the master. */
        readonly name: string;
        readonly sentinelPassword?: string;
      }
    | { readonly kind: "cluster"; readonly addresses: readonly RedisAddress[] }
  );

export interface RedisAccess {
  readonly user?: string;
  readonly password?: string;
  readonly tls?: {
    readonly verify: boolean;
    /** PEM text. */
    readonly authorities?: string;
    readonly serverName?: string;
  };
}

/** What the file only points to. */
interface FetchedForRedis {
  readonly password?: string;
  readonly sentinelPassword?: string;
  /** PEM text. */
  readonly authorities?: string;
}

/** Undefined where the file names no Redis: then a private one is meant. */
export function redisSettingsOf(
  { url, sentinels, cluster, user, tls }: DaemonFile["redis"],
  { password, sentinelPassword, authorities }: FetchedForRedis,
): RedisSettings | undefined {
  const isPrivate = tls !== undefined || (url?.kind === "server" && url.isPrivate);
  const { verify = true, serverName } = tls ?? {};
  const access: RedisAccess = {
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(isPrivate
      ? {
          tls: {
            verify,
            ...(authorities === undefined ? {} : { authorities }),
            ...(serverName === undefined ? {} : { serverName }),
          },
        }
      : {}),
  };
  if (url?.kind === "socket") return { ...access, ...url };
  if (url !== undefined) return { ...access, kind: "server", address: url.address, database: url.database };
  if (cluster !== undefined) return { ...access, kind: "cluster", addresses: cluster };
  if (sentinels === undefined) return undefined;
  const { name, addresses } = sentinels;
  return {
    ...access,
    kind: "sentinels",
    name,
    addresses,
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
  };
}
