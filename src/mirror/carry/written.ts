import { isSame, type Journal } from "../../batch/journal.ts";
import type { WrittenMemory } from "../contract.ts";

/** Remembers those copied files whose times the target has not kept. */
export function memoryOf(written: WrittenMemory, root: string): Journal {
  return {
    fault: undefined,
    finished: () => undefined,
    note: ({ target, source, stored }) => {
      if (!isSame(source, stored)) written.note(below(root, target), { source, stored });
    },
    close: async () => {},
  };
}

/** A path at the target as it is below the root. */
function below(root: string, path: string): string {
  if (root === "") return path;
  return path.slice(root.endsWith("/") ? root.length : root.length + 1);
}

/** A memory of nothing. */
export const noWritten: WrittenMemory = { recall: async () => new Map(), note: () => {} };
