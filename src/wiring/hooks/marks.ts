/** What is known of the hooks of one run, in all processes that work on it. */
export interface HookMarks {
  /** @returns whether this was not begun before; false: nobody begins it again */
  begin(what: string): Promise<boolean>;
  failed(because: string): Promise<void>;
  failures(): Promise<HookFailures>;
}

export interface HookFailures {
  readonly count: number;
  /** Of the first. */
  readonly because?: string | undefined;
}

/** Of a run in this process alone, in which nothing comes twice. */
export function ownMarks(): HookMarks {
  let [count, because]: [number, string | undefined] = [0, undefined];
  return {
    begin: async () => true,
    failed: async (reason) => {
      count += 1;
      because ??= reason;
    },
    failures: async () => ({ count, because }),
  };
}
