import type { Fault, Operation, Verb } from "./memory-side.ts";

/** Where a fault strikes: at the operations of this verb, on this path where one is given, so many times. */
export interface Strike {
  readonly verb: Verb;
  readonly path?: string;
  /** How many such operations pass before; default 0. */
  readonly after?: number;
  /** How often it strikes; default always. */
  readonly times?: number;
  readonly fault: Fault;
}

/** Faults that strike as planned, for the options of a host in memory. */
export function faults(...strikes: readonly Strike[]): (operation: Operation) => Fault | undefined {
  const seen = strikes.map(() => 0);
  return ({ verb, path }) => {
    const at = strikes.findIndex((strike, index) => {
      if (strike.verb !== verb || (strike.path !== undefined && strike.path !== path)) return false;
      const count = (seen[index] = (seen[index] ?? 0) + 1) - 1 - (strike.after ?? 0);
      return count >= 0 && count < (strike.times ?? Number.POSITIVE_INFINITY);
    });
    return strikes[at]?.fault;
  };
}

export const refused = (code: number, text: string): Fault => ({ kind: "refused", code, text });
export const LOST: Fault = { kind: "lost" };
export const GONE: Fault = { kind: "gone" };
