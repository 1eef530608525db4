import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LIST } from "../files.ts";
import { runProgram } from "../process.ts";
import type { Client, Site, Task } from "./client.ts";

/**
 * The built command line, with all that it promises: sizes compared, temporary names, times kept. What it
 * remembers of the route lies in the task's directory: the first run there is a cold one.
 * @param main path of dist/cli/main.js
 */
export function fxpdClient(main: string): Client {
  return {
    name: "fxpd",
    async run(task, signal) {
      await writeHosts(task);
      const args = [
        ...[main, "copy", "--json", "--preserve-times", "--verify", "size"],
        ...["--parallel", String(task.lanes), "--fxp", task.way === "relay" ? "never" : "only"],
        ...[`source:${LIST}/*`, `target:${LIST}/`],
      ];
      const env = {
        FXPD_CONFIG: join(task.directory, "config"),
        FXPD_STATE: join(task.directory, "state"),
        SECRET: task.source.password,
      };
      return runProgram(
        { program: process.execPath, args, env, directory: task.directory },
        task.limitMs,
        signal,
      );
    },
  };
}

async function writeHosts({ source, target, lanes, directory }: Task): Promise<void> {
  const hosts = join(directory, "config/hosts");
  await mkdir(hosts, { recursive: true });
  for (const [name, site] of Object.entries({ source, target })) {
    const file = join(hosts, `${name}.yaml`);
    await writeFile(file, `${hostLines(site, lanes).join("\n")}\n`);
    await chmod(file, 0o600);
  }
}

/** Room for the lanes, one connection that watches for each, and listings. */
function hostLines({ address, port, user, caFile }: Site, lanes: number): readonly string[] {
  return [
    `address: ${address}`,
    `port: ${port}`,
    `user: ${user}`,
    "passwordFrom: { env: SECRET }",
    caFile === undefined ? "tls: off" : `tls: { policy: required, caFile: ${caFile} }`,
    `limits: { connections: ${2 * lanes + 4} }`,
  ];
}
