import { formatFault } from "../config/load/document.ts";
import type { Directories } from "../config/load/directories.ts";
import { suggestion } from "../config/load/nearest.ts";
import { allDefinitions, type Definition, definitionOf } from "../orchestrator/definitions.ts";
import { watchDefinitions } from "../orchestrator/reload.ts";
import { Refusal } from "./problem.ts";

/** Jobs as their files say; where these have faults, as they were before. */
export interface LoadedJobs {
  readonly definitions: readonly Definition[];
  readonly faults: readonly string[];
}

/** Files are read once, and again when they have changed. */
export class DefinitionCache implements Disposable {
  readonly #directories: Directories;
  readonly #watching: Disposable;
  #valid: readonly Definition[] = [];
  #found: Promise<LoadedJobs> | undefined;

  constructor(directories: Directories) {
    this.#directories = directories;
    this.#watching = watchDefinitions(directories, async () => void (this.#found = undefined));
  }

  all(): Promise<LoadedJobs> {
    return (this.#found ??= this.#read());
  }

  /** @throws Refusal (404) that names the nearest one */
  async named(name: string): Promise<Definition> {
    const { definitions } = await this.all();
    const found = definitions.find((one) => one.name === name);
    if (found !== undefined) return found;
    const names = definitions.map((one) => one.name);
    throw new Refusal(404, `no such job: ${name}${suggestion(name, names)}`);
  }

  /** As its file, and the files of rules that it names, say at this moment. @throws Refusal (404); ConfigError */
  async fresh(name: string): Promise<Definition> {
    await this.named(name);
    return definitionOf(name, this.#directories);
  }

  /** Reads the files now. */
  reread(): Promise<LoadedJobs> {
    this.#found = this.#read();
    return this.#found;
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]();
  }

  async #read(): Promise<LoadedJobs> {
    try {
      const { definitions, faults } = await allDefinitions(this.#directories);
      if (faults.length === 0) this.#valid = definitions;
      return { definitions: this.#valid, faults: faults.map(formatFault) };
    } catch (error) {
      this.#found = undefined;
      throw error;
    }
  }
}
