import type { Family } from "../servers/index.ts";
import type { Client, Task } from "./clients/client.ts";
import type { Scene } from "./scene.ts";

/** One comparison: a list of files, two servers, a distance, and those who move the files. */
export interface Row {
  readonly name: string;
  readonly source: Family;
  readonly target: Family;
  readonly isProtected: boolean;
  readonly roundTripMs: number;
  readonly lanes: number;
  readonly files: number;
  readonly octetsPerFile: number;
  readonly way: Task["way"];
  /** What the source, a vsftpd or ProFTPD, lets each connection have; absent: all that it can. */
  readonly bytesPerSecond?: number;
  /** Lines of the target's own configuration. */
  readonly targetSettings?: readonly string[];
  readonly clients: readonly Client[];
  /** How long others than fxpd may take, in milliseconds; default as fxpd. */
  readonly limitMs?: number;
  /** Default: the list at the source, nothing at the target. */
  readonly scene?: Scene;
}
