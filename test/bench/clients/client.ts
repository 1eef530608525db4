import type { Ended } from "../process.ts";

/** A server as a client reaches it: at a distance through the proxy. */
export interface Site {
  readonly address: string;
  /** Of the server, or of the proxy before it. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The login directory, on disk and as PWD says it. */
  readonly root: string;
  readonly home: string;
  /** PEM file of the authority behind its certificate; undefined for a server without TLS. */
  readonly caFile: string | undefined;
}

/** What each client has to do: `list/` of the source becomes `list/` of the target, all files of it. */
export interface Task {
  readonly source: Site;
  readonly target: Site;
  readonly lanes: number;
  readonly way: "third-party" | "relay";
  /** A directory that the client may use, kept between its runs. */
  readonly directory: string;
  /** The same for what fxpd remembers; on a disk or in memory. */
  readonly state: string;
  /** After this many milliseconds the client is ended. */
  readonly limitMs: number;
}

export interface Client {
  readonly name: string;
  run(task: Task, signal: AbortSignal): Promise<Ended>;
}

/** `ftp://user:password@address:port`, for the clients that want it so. */
export function urlOf({ address, port, user, password }: Site): string {
  return `ftp://${user}:${password}@${address}:${port}`;
}
