import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { Directories } from "../../config/load/directories.ts";
import { ConsoleError } from "../../console/errors.ts";
import { messageOf } from "../../shared/errors.ts";

/** Runs a command of fxpd in a directory, until it ends or is interrupted. @returns its exit status */
export type RunProgram = (
  words: readonly string[],
  directory: string,
  signal: AbortSignal,
) => Promise<number>;

/**
 * This program in a process of its own, with the same configuration; it reads nothing, and writes where we do.
 * @param isJson whether it writes events for programs, as we do
 */
export function ownProgram({ config }: Directories, isJson = false): RunProgram {
  return (words, directory, signal) => {
    // By its own name: called as ftp, it would take the words for a console's.
    const main = realpathSync(process.argv[1] ?? "");
    const configuration = existsSync(config) ? ["--config", resolve(config)] : [];
    const json = isJson && !words.includes("--json") ? ["--json"] : [];
    const child = spawn(process.execPath, [main, ...words, ...json, ...configuration], {
      cwd: directory,
      stdio: ["ignore", "inherit", "inherit"],
      // A process group of its own: Ctrl-C reaches it once, by us, and it ends in good order.
      detached: true,
    });
    const interrupt = () => void child.kill("SIGINT");
    signal.addEventListener("abort", interrupt, { once: true });
    return new Promise<number>((tell, fail) => {
      child.on("error", (error) => fail(new ConsoleError(`${words[0] ?? ""}: ${messageOf(error)}`)));
      child.on("close", (status) => tell(status ?? 1));
    }).finally(() => signal.removeEventListener("abort", interrupt));
  };
}
