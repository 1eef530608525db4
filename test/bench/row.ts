import type { Family } from "../servers/index.ts";
import type { Client, Task } from "./clients/client.ts";
import type { Scene } from "./scene.ts";

/** What is timed: the whole process, from the first transfer command to the last 226, or up to the first command. */
export type Timed = "whole" | "moving" | "start-up";

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
  readonly timed: Timed;
  readonly clients: readonly Client[];
  /** Default: the list at the source, nothing at the target. */
  readonly scene?: Scene;
}
