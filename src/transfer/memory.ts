/** Small values that are worth knowing again in the next run, by key. */
export interface Memory {
  /** Undefined where nothing is known. */
  recall(key: string): Promise<unknown>;
  remember(key: string, value: unknown): Promise<void>;
}

/** A memory that can be looked through. */
export interface LastingMemory extends Memory {
  /** All that is remembered; what cannot be read is left out. */
  entries(): Promise<readonly { readonly key: string; readonly value: unknown }[]>;
  forget(key: string): Promise<void>;
}

/** A memory that ends with the process. */
export function shortMemory(): Memory {
  const values = new Map<string, unknown>();
  return {
    recall: async (key) => values.get(key),
    remember: async (key, value) => void values.set(key, value),
  };
}
