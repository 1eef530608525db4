import { readdirSync, readlinkSync } from "node:fs";

/** Paths that this process holds open at or below a directory, in order. */
export function heldOpenBelow(root: string): readonly string[] {
  return readdirSync("/proc/self/fd")
    .map(pathOf)
    .filter((path) => path === root || path.startsWith(`${root}/`))
    .sort();
}

/** What a descriptor stands for; the one that lists them all is closed by now. */
function pathOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}
