import { mkdir, open, utimes } from "node:fs/promises";
import { join } from "node:path";
import { areTimesKept, clear, differenceOf, LIST, MODIFIED } from "../files.ts";
import { runProgram } from "../process.ts";
import type { Scene } from "../scene.ts";
import { type Client, type Task, urlOf } from "./client.ts";
import { type Asked, fxpdClient } from "./fxpd.ts";
import { lftpProgram } from "./lftp.ts";

const NAME = "00000.bin";
const BLOCK = 65_536;

/** One large file at the source, no two parts of which are equal: a range in the wrong place is a difference. */
export function downloadScene(bytes: number): Scene {
  return {
    name: "to this machine",
    async grow(source) {
      await mkdir(join(source, LIST));
      const file = await open(join(source, LIST, NAME), "w");
      try {
        for (let at = 0; at < bytes; at += BLOCK) await file.write(Buffer.alloc(BLOCK, `byte ${at} `));
      } finally {
        await file.close();
      }
      await utimes(join(source, LIST, NAME), MODIFIED, MODIFIED);
    },
    reset: clear,
    differenceOf,
    areTimesKept,
  };
}

/** A download by fxpd into the directory that is the target's login directory elsewhere. */
export function fxpdDownload(main: string, segments: number | "auto"): Client {
  const asked: Asked = {
    args: ({ target }) => [
      ...["copy", "--json", "--preserve-times", "--verify", "size", "--segments", String(segments)],
      ...[`source:${LIST}/${NAME}`, join(target.root, LIST, NAME)],
    ],
    connections: () => 8,
  };
  return { ...fxpdClient(main, asked), name: nameOf(segments) };
}

/** The same file from server to server. */
export function fxpdThirdParty(main: string, segments: number | "auto"): Client {
  const asked: Asked = {
    args: () => [
      ...["copy", "--json", "--preserve-times", "--verify", "size", "--segments", String(segments)],
      ...["--fxp", "only", `source:${LIST}/${NAME}`, `target:${LIST}/`],
    ],
    connections: () => 10,
  };
  return { ...fxpdClient(main, asked), name: nameOf(segments) };
}

function nameOf(segments: number | "auto"): string {
  const names: Readonly<Record<string, string>> = { 1: "fxpd, one connection", auto: "fxpd auto" };
  return names[segments] ?? "fxpd";
}

/** lftp's `pget` on so many connections, or its `get`. */
export function lftpDownload(connections: number): Client {
  return {
    name: connections === 1 ? "lftp get" : "lftp",
    async run(task: Task, signal) {
      const { program, env } = await lftpProgram();
      const directory = join(task.target.root, LIST);
      await mkdir(directory);
      const get = connections === 1 ? "get" : `pget -n ${connections}`;
      const settings = "set ftp:ssl-allow no; set ftp:use-mode-z no; set cmd:fail-exit yes";
      const command = `${settings}; lcd ${directory}; ${get} ${urlOf(task.source)}/${LIST}/${NAME}; exit`;
      const own = { ...env, LFTP_HOME: task.directory, HOME: task.directory };
      const args = ["--norc", "-c", command];
      return runProgram({ program, args, env: own }, task.limitMs, signal);
    },
  };
}
