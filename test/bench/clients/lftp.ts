import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { debianPackages } from "../../servers/debian.ts";
import { LIST } from "../files.ts";
import { runProgram } from "../process.ts";
import { type Client, type Task, urlOf } from "./client.ts";

/**
 * `default`: as it comes, but for FXP and compression; `tuned`: it writes commands before it has the replies to
 * others, and for each file it asks and sets nothing but what moves the bytes.
 */
export type Tuning = "default" | "tuned";

/**
 * lftp from Debian's package, unpacked without root.
 * @param options of its `mirror`, more than it has in every row
 */
export function lftpClient(tuning: Tuning, options: readonly string[] = []): Client {
  return {
    name: tuning === "default" ? "lftp" : "lftp tuned",
    async run(task, signal) {
      const { program, env } = await lftpProgram();
      const script = join(task.directory, "script");
      const authorities = await writeAuthorities(task);
      await writeFile(script, scriptFor(task, tuning, options, authorities), { mode: 0o600 });
      const own = { ...env, LFTP_HOME: task.directory, HOME: task.directory };
      return runProgram(
        { program, args: ["--norc", "-f", script], env: own, directory: task.directory },
        task.limitMs,
        signal,
      );
    },
  };
}

/** What it says of itself. */
export async function lftpVersion(): Promise<string> {
  const { program, env } = await lftpProgram();
  const { output } = await runProgram({ program, args: ["--version"], env }, 10_000);
  return /LFTP \| Version (\S+)/.exec(output)?.[1] ?? "unknown";
}

export async function lftpProgram(): Promise<{ program: string; env: Record<string, string> }> {
  const packages = await debianPackages(["lftp"]);
  return { program: packages.find("bin/lftp"), env: { LD_LIBRARY_PATH: packages.libraryPath } };
}

/** One file with the authorities of both servers: lftp takes one for all. */
async function writeAuthorities({ source, target, directory }: Task): Promise<string | undefined> {
  const files = [source, target].flatMap(({ caFile }) => caFile ?? []);
  if (files.length === 0) return undefined;
  const path = join(directory, "authorities.pem");
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  await writeFile(path, texts.join(""));
  return path;
}

function scriptFor(
  task: Task,
  tuning: Tuning,
  more: readonly string[],
  authorities: string | undefined,
): string {
  const { source, target, lanes, way } = task;
  const isThirdParty = way === "third-party";
  const settings: Record<string, string> = {
    "ftp:use-fxp": String(isThirdParty),
    // Without it, lftp would quietly carry the files itself.
    "ftp:fxp-force": String(isThirdParty),
    "ftp:fxp-passive-source": "false",
    "ftp:passive-mode": "true",
    // It would set MODE Z on the side that has it and store what is compressed on the one that has not.
    "ftp:use-mode-z": "false",
    "ftp:ssl-allow": String(authorities !== undefined),
    "ftp:ssl-force": String(authorities !== undefined),
    "ftp:ssl-protect-data": String(authorities !== undefined),
    "net:max-retries": "2",
    "net:connection-limit": "0",
    "cmd:fail-exit": "true",
  };
  if (tuning === "tuned") Object.assign(settings, { "ftp:sync-mode": "off", "ftp:use-mdtm": "off" });
  if (authorities !== undefined) settings["ssl:ca-file"] = authorities;
  const lines = Object.entries(settings).map(([name, value]) => `set ${name} ${value}`);
  const options = [...(tuning === "tuned" ? ["--no-perms"] : []), ...more, `--parallel=${lanes}`];
  const move = `mirror ${options.join(" ")} ${urlOf(source)}/${LIST} ${urlOf(target)}/${LIST}`;
  return `${[...lines, move].join("\n")}\n`;
}
