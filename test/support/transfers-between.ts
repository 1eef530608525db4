import type { Fleet } from "./fleet.ts";

/** How many files a run says it has copied in a time, in milliseconds since 1970: whoever looks may look late. */
export async function transfersBetween(
  fleet: Fleet,
  run: string,
  sinceMs: number,
  toMs: number,
): Promise<number> {
  const entries = await fleet.within(({ store }) => store.logs(run));
  return entries.filter(({ event, atMs }) => event.event === "transfer" && atMs >= sinceMs && atMs <= toMs)
    .length;
}
