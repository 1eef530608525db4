/** So much of a host or a route, of which there is a limit; the same host on both sides is one need of two. */
export interface Need {
  readonly resource: string;
  readonly count: number;
  readonly limit: number;
}

/** Connections that will be logged in anew. */
export interface LoginDemand {
  readonly host: string;
  readonly count: number;
  readonly perMinute: number;
}

/** What is wanted, all at once or not at all. */
export interface Demand {
  /** The party that asks: those who wait are served in turn by party, however much each asks for. */
  readonly party: string;
  /** How many turns this party has where others have one; 1 or more. */
  readonly weight?: number;
  readonly needs: readonly Need[];
  readonly logins?: readonly LoginDemand[];
  /** Called when it has to wait: for this resource, or for `logins of` that host. */
  readonly onWaiting?: (lack: string) => void;
}

/** A demand as Redis keeps it. */
export function wantOf({ party, weight = 1, needs, logins = [] }: Demand): string {
  return JSON.stringify({
    party,
    weight,
    needs: needs.map(({ resource, count, limit }) => [resource, count, limit]),
    logins: logins.map(({ host, count, perMinute }) => [host, count, perMinute]),
  });
}

/** Connections to a host; a key is that of a place. */
export function hostResource(key: string): string {
  return `host ${key}`;
}

/** Logins to a host within a minute. */
export function loginsResource(key: string): string {
  return `logins of ${key}`;
}

/** Files of a run in flight. */
export function runResource(run: string): string {
  return `run ${run}`;
}
