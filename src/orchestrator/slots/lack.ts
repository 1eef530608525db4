import type { Place } from "../../batch/pool.ts";
import { hostResource, loginsResource, runResource } from "./demand.ts";

/** What a lane waits for, as people read it. */
export interface Lack {
  readonly for: string;
  /** The name of the host; absent where it waits for others of its own run. */
  readonly host?: string;
}

export type NamedPlace = Pick<Place, "key" | "name">;

/** @param lack as slots tell it @param places that it may be about */
export function lackOf(lack: string, places: readonly NamedPlace[]): Lack {
  for (const { key, name } of places) {
    if (lack === hostResource(key)) return { for: `a connection to ${name}`, host: name };
    if (lack === loginsResource(key)) return { for: `a login to ${name}`, host: name };
  }
  return { for: "other files of the run" };
}

/** Whether something with these hosts, for this run, would lack the very same. */
export function wouldLack(
  lack: string,
  { run, hosts }: { readonly run: string; readonly hosts: readonly string[] },
): boolean {
  return (
    lack === runResource(run) ||
    hosts.some((host) => lack === hostResource(host) || lack === loginsResource(host))
  );
}
