import { isServer } from "../sides/side.ts";
import type { Ends } from "./relay.ts";

export async function resync({ source, target }: Ends, signal: AbortSignal): Promise<void> {
  const servers = [source.side, target.side].filter(isServer);
  await Promise.all(servers.map((side) => side.resync(signal)));
}
