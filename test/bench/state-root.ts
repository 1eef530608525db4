import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Options } from "./options.ts";

/** Where state lies on a disk: the first usual directory that is not in memory. */
export function stateRoot(stateIn: Options["stateIn"]): string {
  if (stateIn === "memory") return tmpdir();
  const found = ["/var/tmp", "/tmp", process.cwd()].find((directory) => {
    try {
      accessSync(directory, constants.W_OK);
      return !IN_MEMORY.has(statfsSync(directory).type);
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error("no directory on a disk; --state-in memory measures without one");
  return found;
}

/** tmpfs and ramfs, as statfs(2) names them. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);
