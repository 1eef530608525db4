import { execFileSync } from "node:child_process";
import { growList, LIST } from "../files.ts";
import { type Ended, runProgram } from "../process.ts";
import type { Scene } from "../scene.ts";
import { type Client, type Task, urlOf } from "./client.ts";
import { commandFor } from "./fxpd.ts";
import { lftpProgram } from "./lftp.ts";

/** A small directory at the source; nothing is to change. */
export const LISTED: Scene = {
  name: "a directory of 10 files is listed",
  grow: (source) => growList(source, 10, 4_096),
  reset: async () => undefined,
  differenceOf: async () => undefined,
  areTimesKept: async () => undefined,
};

/** `fxpd ls`, which has to name all ten files. */
export function lsClient(main: string): Client {
  const asked = { args: () => ["ls", `source:${LIST}`], connections: () => 8 };
  return {
    name: "fxpd",
    async run(task, signal) {
      const command = await commandFor(main, asked, task);
      return complete(await runProgram({ program: process.execPath, ...command }, task.limitMs, signal));
    },
  };
}

/** What nobody who is written for Node can be faster than. */
export const bareNode: Client = {
  name: "bare Node",
  run: ({ limitMs }, signal) =>
    runProgram({ program: process.execPath, args: ["--eval", "0"] }, limitMs, signal),
};

export const lftpListing: Client = {
  name: "lftp",
  async run(task, signal) {
    const { program, env } = await lftpProgram();
    const command = `set ftp:ssl-allow no; open ${urlOf(task.source)}/${LIST}; cls -l; exit`;
    const own = { ...env, LFTP_HOME: task.directory, HOME: task.directory };
    const args = ["--norc", "-c", command];
    return complete(await runProgram({ program, args, env: own }, task.limitMs, signal));
  },
};

/** curl, where it is installed. */
export function curlListing(): readonly Client[] {
  try {
    execFileSync("curl", ["--version"], { stdio: "ignore" });
  } catch {
    return [];
  }
  const run = async (task: Task, signal: AbortSignal) => {
    const args = ["--silent", "--show-error", `${urlOf(task.source)}/${LIST}/`];
    return complete(await runProgram({ program: "curl", args }, task.limitMs, signal));
  };
  return [{ name: "curl", run }];
}

function complete(ended: Ended): Ended {
  const named = ended.output.split("\n").filter((line) => /\d{5}\.bin/.test(line)).length;
  return named === 10
    ? ended
    : { ...ended, status: 1, complaint: `${named} of 10 files: ${ended.complaint}` };
}
