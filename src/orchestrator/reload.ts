import { type FSWatcher, existsSync, watch } from "node:fs";
import { join } from "node:path";
import type { Directories } from "../config/load/directories.ts";
import { formatFault } from "../config/load/document.ts";
import { loadDaemon } from "../config/load/load-daemon.ts";
import type { DaemonFile } from "../config/schema/daemon.ts";
import { messageOf } from "../shared/errors.ts";
import { canonicalJson } from "../shared/json/canonical-json.ts";
import type { Logger } from "../shared/logger.ts";
import { allDefinitions, type Definition } from "./definitions.ts";

/** Editors write a file in several steps; all of them are one change. */
const SETTLE_MS = 500;

/** Calls back when hosts or jobs have changed; ends with its scope. */
export function watchDefinitions({ config, jobs }: Directories, changed: () => unknown): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  };
  const watchers: FSWatcher[] = [];
  for (const directory of [config, join(config, "hosts"), jobs]) {
    if (!existsSync(directory)) continue;
    try {
      // What cannot be watched is read anew by signal.
      watchers.push(watch(directory, soon).on("error", () => {}));
    } catch {
      // The system has no watches left, or lets us not look there.
    }
  }
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/**
 * Reads the definitions whenever it is asked to, one reading at a time: what is asked for meanwhile is one more
 * reading, so that the newest files win. While anything is wrong with them, the last good ones stay in use.
 */
export class Reloader {
  readonly #directories: Directories;
  readonly #use: (definitions: readonly Definition[]) => void;
  readonly #log: Logger;
  #reading: Promise<void> | undefined;
  #isStale = false;
  /** What was wrong when it was last read; it is logged once. */
  #faults: ReadonlySet<string> = new Set();
  /** The daemon's settings as they were last seen, which is how they were when it started until they are changed. */
  #settings: string | undefined;

  /** @param settings of the daemon as it runs; absent: they are not looked at */
  constructor(
    directories: Directories,
    use: (definitions: readonly Definition[]) => void,
    log: Logger,
    settings?: DaemonFile,
  ) {
    this.#directories = directories;
    this.#use = use;
    this.#log = log;
    this.#settings = settings && canonicalJson(settings);
  }

  /** The first thing that was wrong when they were last read. */
  get fault(): string | undefined {
    const [first] = this.#faults;
    return first;
  }

  /** Resolves when the files have been read as they are now, or as they are later. Never rejects. */
  reload(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#readOn().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        await this.#read();
      } catch (error) {
        this.#tell([messageOf(error)]);
      }
    }
  }

  async #read(): Promise<void> {
    const { definitions, faults } = await allDefinitions(this.#directories);
    this.#tell(faults.map(formatFault));
    if (faults.length > 0 || this.#isStale) return;
    this.#use(definitions);
    this.#log.info({ jobs: definitions.length }, "configuration reloaded");
    await this.#lookAtSettings();
  }

  /** The parts of the daemon were begun with them. */
  async #lookAtSettings(): Promise<void> {
    if (this.#settings === undefined) return;
    const daemon = await loadDaemon(this.#directories).catch(() => undefined);
    if (daemon === undefined) return;
    const settings = canonicalJson(daemon.value);
    if (settings !== this.#settings)
      this.#log.warn(
        { file: daemon.file },
        "hosts and jobs are reloaded; a change to daemon.yaml takes effect after a restart",
      );
    this.#settings = settings;
  }

  #tell(faults: readonly string[]): void {
    for (const fault of faults) {
      if (this.#faults.has(fault)) continue;
      this.#log.error({ fault }, "configuration not reloaded; the last valid one stays in use");
    }
    this.#faults = new Set(faults);
  }
}
