import { type FSWatcher, existsSync, watch } from "node:fs";
import { join } from "node:path";
import type { Directories } from "../config/directories.ts";

/** Editors write a file in several steps; all of them are one change. */
const SETTLE_MS = 500;

/** Calls back when hosts or jobs have changed; ends with its scope. */
export function watchDefinitions({ config, jobs }: Directories, changed: () => Promise<void>): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void changed().catch(() => {}), SETTLE_MS);
  };
  const watchers: FSWatcher[] = [];
  for (const directory of [config, join(config, "hosts"), jobs]) {
    if (!existsSync(directory)) continue;
    // What cannot be watched is read anew by signal.
    watchers.push(watch(directory, soon).on("error", () => {}));
  }
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
