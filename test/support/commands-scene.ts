import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { startRedis } from "./redis.ts";

/** A real Redis, and a directory with a configuration, one job, and files to copy, which commands in this process find. */
export interface CommandsScene extends AsyncDisposable {
  readonly root: string;
}

export async function commandsScene(): Promise<CommandsScene> {
  const redis = await startRedis();
  const root = await mkdtemp(join(tmpdir(), "fxpd-commands-"));
  vi.stubEnv("FXPD_STATE", join(root, "state"));
  vi.stubEnv("FXPD_CONFIG", join(root, "config"));
  for (const directory of ["config/hosts", "jobs", "a", "b"])
    await mkdir(join(root, directory), { recursive: true, mode: 0o700 });
  const url = `redis://127.0.0.1:${redis.port}/0`;
  await writeFile(
    join(root, "config/daemon.yaml"),
    `redis: {url: "${url}", prefix: cli}\ndataDirectory: ../data\n`,
  );
  const job = `copy: {from: "${root}/a/one", to: "${root}/b/"}\nschedule: {cron: "15 2 * * *"}\n`;
  await writeFile(join(root, "jobs/nightly.yaml"), job);
  await writeFile(join(root, "a/one"), "1");
  await writeFile(join(root, "a/two"), "22");
  return {
    root,
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      await rm(root, { recursive: true, force: true });
      await redis[Symbol.asyncDispose]();
    },
  };
}
