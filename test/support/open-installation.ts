import {
  type Installation,
  type InstallationOptions,
  openInstallation,
} from "../../src/orchestrator/installation.ts";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import type { Directories } from "../../src/config/load/directories.ts";
import { clientOf } from "./redis-client.ts";

/** An installation, and its Redis as whoever can write there sees it. */
export interface OpenInstallation extends Installation {
  readonly redis: RedisClient;
  readonly names: KeyNames;
}

/** @param port of its Redis @param prefix of its keys */
export async function openWithClient(
  directories: Directories,
  options: InstallationOptions,
  { port, prefix }: { readonly port: number; readonly prefix: string },
): Promise<OpenInstallation> {
  const redis = await clientOf({ port });
  const installation = await openInstallation(directories, options);
  return {
    ...installation,
    redis,
    names: new KeyNames(prefix),
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await installation[Symbol.asyncDispose]();
    },
  };
}
