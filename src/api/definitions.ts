import { formatFault } from "../config/document.ts";
import type { Directories } from "../config/load.ts";
import { suggestion } from "../config/nearest.ts";
import { allDefinitions, type Definition } from "../orchestrator/definitions.ts";
import type { Clock } from "../shared/clock.ts";
import { lately } from "./lately.ts";
import { Refusal } from "./problem.ts";

/** Files are read again after so long. */
const READ_MS = 2_000;

/** Jobs as their files say; where these have faults, as they were before. */
export interface Jobs {
  readonly definitions: readonly Definition[];
  readonly faults: readonly string[];
}

export interface Definitions {
  all(): Promise<Jobs>;
  /** @throws Refusal (404) that names the nearest one */
  named(name: string): Promise<Definition>;
  /** Reads the files now. */
  reread(): Promise<Jobs>;
}

export function definitionsIn(directories: Directories, clock: Clock): Definitions {
  let valid: readonly Definition[] = [];
  const found = lately(
    async () => {
      const { definitions, faults } = await allDefinitions(directories);
      if (faults.length === 0) valid = definitions;
      return { definitions: valid, faults: faults.map(formatFault) };
    },
    READ_MS,
    clock,
  );
  return {
    all: found.get,
    async named(name) {
      const { definitions } = await found.get();
      const definition = definitions.find((one) => one.name === name);
      if (definition !== undefined) return definition;
      const near = suggestion(
        name,
        definitions.map((one) => one.name),
      );
      throw new Refusal(404, `there is no job ${name}${near}`);
    },
    reread() {
      found.forget();
      return found.get();
    },
  };
}
