import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LIST } from "../files.ts";
import { runProgram } from "../process.ts";
import type { Client, Site, Task } from "./client.ts";

/** What fxpd is asked to do, and with how many connections to each host at most. */
export interface Asked {
  readonly args: (task: Task) => readonly string[];
  readonly connections: (task: Task) => number;
}

/** A copy of the list. */
export const COPY: Asked = {
  args: ({ lanes, way }) => [
    ...["copy", "--json", "--preserve-times", "--verify", "size"],
    ...["--parallel", String(lanes), "--fxp", way === "relay" ? "never" : "only"],
    ...[`source:${LIST}/*`, `target:${LIST}/`],
  ],
  // Room for the lanes, one connection that watches for each, and listings.
  connections: ({ lanes }) => 2 * lanes + 4,
};

/**
 * The built command line, with all that it promises: sizes compared, temporary names, times kept. What it
 * remembers of the route lies in the task's state directory: the first run there is a cold one.
 * @param main path of dist/cli/main.js
 */
export function fxpdClient(main: string, asked = COPY): Client {
  return {
    name: "fxpd",
    async run(task, signal) {
      const program = { program: process.execPath, ...(await commandFor(main, asked, task)) };
      return runProgram({ ...program, directory: task.directory }, task.limitMs, signal);
    },
  };
}

/** What Node is to be given, after the hosts' files are written. */
export async function commandFor(main: string, asked: Asked, task: Task) {
  await writeHosts(task, asked.connections(task));
  const env = {
    FXPD_CONFIG: join(task.directory, "config"),
    FXPD_STATE: task.state,
    SECRET: task.source.password,
  };
  return { args: [main, ...asked.args(task)], env };
}

async function writeHosts({ source, target, directory }: Task, connections: number): Promise<void> {
  const hosts = join(directory, "config/hosts");
  await mkdir(hosts, { recursive: true });
  for (const [name, site] of Object.entries({ source, target })) {
    const file = join(hosts, `${name}.yaml`);
    await writeFile(file, `${hostLines(site, connections).join("\n")}\n`);
    await chmod(file, 0o600);
  }
}

function hostLines({ address, port, user, caFile }: Site, connections: number): readonly string[] {
  return [
    `address: ${address}`,
    `port: ${port}`,
    `user: ${user}`,
    "passwordFrom: { env: SECRET }",
    caFile === undefined ? "tls: off" : `tls: { policy: required, caFile: ${caFile} }`,
    `limits: { connections: ${connections} }`,
  ];
}
