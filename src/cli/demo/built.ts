import { realpathSync } from "node:fs";
import { delimiter, dirname, join, sep } from "node:path";

/** The built command line, which runs us, and the demo's servers beside it. */
export const MAIN = realpathSync(process.argv[1] ?? "");
export const SERVERS = join(dirname(MAIN), "../demo/servers.mjs");

/** How a person calls this very program: by its name where a shell finds it by that, else by npx. */
export function commandName(): string {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  // npx and scripts of npm put those of packages there for as long as they run.
  const lasting = directories.filter((directory) => !directory.split(sep).includes("node_modules"));
  return lasting.some((directory) => isThis(join(directory, "fxpd"))) ? "fxpd" : "npx fxpd";
}

function isThis(path: string): boolean {
  try {
    return realpathSync(path) === MAIN;
  } catch {
    return false;
  }
}
