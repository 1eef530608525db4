import { spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { SERVERS } from "./built.ts";

const Servers = z.object({
  servers: z.array(
    z.object({
      family: z.string(),
      address: z.string(),
      port: z.number(),
      user: z.string(),
      password: z.string(),
      root: z.string(),
    }),
  ),
});
export type Server = z.infer<typeof Servers>["servers"][number];

/**
 * The servers run below a process of their own, which ends them when we end, however that comes.
 * @param wanted families, each with settings of its own: `vsftpd:anon_max_rate=4000000`
 */
export function startServers(...wanted: readonly string[]): {
  readonly servers: Promise<readonly Server[]>;
  end(): Promise<void>;
} {
  const child = spawn(process.execPath, [SERVERS, ...wanted], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true, // Ctrl-C ends us in good order first
  });
  const ended = new Promise<void>((resolve) =>
    child.once("exit", () => resolve()).once("error", () => resolve()),
  );
  const servers = new Promise<readonly Server[]>((resolve) => {
    createInterface({ input: child.stdout }).once("line", (line) =>
      resolve(Servers.parse(JSON.parse(line)).servers),
    );
    void ended.then(() => resolve([]));
  });
  return {
    servers,
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}

/** A file for each host, in a configuration of their own. */
export async function introduce(config: string, servers: Readonly<Record<string, Server>>): Promise<void> {
  await mkdir(join(config, "hosts"), { recursive: true });
  for (const [name, { address, port, user, password }] of Object.entries(servers)) {
    const secret = join(config, `${name}.password`);
    await writeFile(secret, password);
    await chmod(secret, 0o600);
    const lines = [
      `address: ${address}`,
      `port: ${port}`,
      `user: ${user}`,
      `passwordFrom: {file: ${secret}}`,
      "tls: off",
    ];
    await writeFile(join(config, "hosts", `${name}.yaml`), `${lines.join("\n")}\n`);
  }
}
