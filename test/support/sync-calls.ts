import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

export interface SyncCalls extends Disposable {
  /** How often each function was called, by name. */
  readonly calls: Map<string, number>;
  /** What happens once, right after a call of that name. */
  readonly afterwards: Map<string, () => void>;
}

/** Counts the calls of functions of node:fs that end in "Sync" until it is disposed of. */
export function watchSyncCalls(): SyncCalls {
  const [calls, afterwards] = [new Map<string, number>(), new Map<string, () => void>()];
  const names = Object.keys(fs).filter((name) => name.endsWith("Sync"));
  const originals = names.map(
    (name) => [name, Reflect.get(fs, name) as (...args: unknown[]) => unknown] as const,
  );
  for (const [name, original] of originals) {
    const watched = (...args: unknown[]) => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      const result = original(...args);
      const act = afterwards.get(name);
      afterwards.delete(name);
      act?.();
      return result;
    };
    Reflect.set(fs, name, Object.assign(watched, original));
  }
  syncBuiltinESMExports();
  return {
    calls,
    afterwards,
    [Symbol.dispose]() {
      for (const [name, original] of originals) Reflect.set(fs, name, original);
      syncBuiltinESMExports();
    },
  };
}
