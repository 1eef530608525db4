import { ListAhead } from "../copy/list-ahead.ts";
import { StatusListings } from "../batch/status-listings.ts";
import { systemClock } from "../shared/clock.ts";
import { ownStateDirectory } from "../state/directory.ts";
import { fileMemory } from "../state/memory.ts";

/** Lists directories of a tree ahead; what is found out of servers is kept in the state directory. */
export function listAhead(tell: (because: string) => void): ListAhead {
  const memory = fileMemory(ownStateDirectory(process.env));
  return new ListAhead(new StatusListings({ clock: systemClock, memory, tell }));
}
