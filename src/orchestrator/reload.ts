import { type FSWatcher, existsSync, watch } from "node:fs";
import { join } from "node:path";
import type { Directories } from "../config/load/directories.ts";
import { formatFault } from "../config/load/document.ts";
import { daemonFile, loadDaemon } from "../config/load/load-daemon.ts";
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
  /** The settings that the daemon runs with. */
  readonly #running: string | undefined;
  /** The same as they were last seen in their file, or what is wrong with them there. */
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
    this.#running = settings && canonicalJson(settings);
    this.#settings = this.#running;
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
    await this.#lookAtSettings();
    if (faults.length > 0 || this.#isStale) return;
    this.#use(definitions);
    this.#log.info({ jobs: definitions.length }, "configuration reloaded");
  }

  /** The parts of the daemon were begun with them. Each change is told once. */
  async #lookAtSettings(): Promise<void> {
    if (this.#running === undefined) return;
    const before = this.#settings;
    const file = daemonFile(this.#directories.config);
    try {
      this.#settings = canonicalJson((await loadDaemon(this.#directories)).value);
    } catch (error) {
      const fault = messageOf(error);
      this.#settings = fault;
      // Most are among those of the definitions, and told.
      if (fault !== before && !fault.split("\n").every((line) => this.#faults.has(line)))
        this.#log.error({ fault }, "daemon.yaml is invalid; the daemon would not start with it");
      return;
    }
    if (this.#settings === before) return;
    if (this.#settings === this.#running)
      this.#log.info({ file }, "daemon.yaml is as the daemon runs again; no restart is needed");
    else this.#log.warn({ file }, "a change to daemon.yaml takes effect after a restart");
  }

  #tell(faults: readonly string[]): void {
    for (const fault of faults) {
      if (this.#faults.has(fault)) continue;
      this.#log.error({ fault }, "configuration not reloaded; the last valid one stays in use");
    }
    this.#faults = new Set(faults);
  }
}
