import type { Installation } from "../installation.ts";
import { SliceItem } from "../worker/queue/queues.ts";

/** Slices that wait are looked at so many at a time. */
const PAGE = 500;

const Waiting = SliceItem.pick({ hosts: true });

/** Ends a host's pause, and has all that waited for its end tried at once. @param host its key */
export async function releaseHost(
  { kv, queues }: Pick<Installation, "kv" | "queues">,
  host: string,
): Promise<void> {
  await kv.breaker.release(host);
  const waiting = [];
  for (let from = 0; ; from += PAGE) {
    const found = await queues.slices.getDelayed(from, from + PAGE - 1);
    waiting.push(...found.filter(({ data }) => Waiting.safeParse(data).data?.hosts.includes(host)));
    if (found.length < PAGE) break;
  }
  // One that was taken meanwhile waits no more; one that is being put aside just now looks again by itself.
  for (const slice of waiting) await slice.promote().catch(() => {});
}
