import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import type { Readable, Writable } from "node:stream";
import type { Begun } from "../../src/transfer/ledger.ts";

export const REGISTER = new URL("../../.config/register.mjs", import.meta.url).href;

export const begun = { source: "ftp://a/file", sizeBytes: 5, modifiedMs: 7 };
export const LEDGER = JSON.stringify(new URL("../../src/state/ledger.ts", import.meta.url).href);

/** Beyond the greatest number that Linux gives to a process. */
export const DEAD = 4_194_305;

export function recordOfDead(begun: Begun): string {
  return `${JSON.stringify({ machine: hostname(), process: DEAD, since: "1", isFree: false, begun })}\n`;
}

/** A process that runs this script, and ends with the tests. */
export function processOf(script: string): ChildProcessByStdio<Writable, Readable, null> {
  const options = ["--import", REGISTER, "--input-type=module", "-e", script];
  return spawn("setpriv", ["--pdeathsig", "KILL", "--", process.execPath, ...options], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

/** The next line that a process prints. */
export async function lineOf(stream: Readable): Promise<string> {
  let text = "";
  while (!text.includes("\n")) text += String((await once(stream, "data"))[0]);
  return text.trim();
}
