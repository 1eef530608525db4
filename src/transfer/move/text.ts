import { fromNvtAscii, toNvtAscii, type Converter } from "../../ftp/representation/text.ts";
import type { Client } from "../../ftp/session/client.ts";
import * as verbs from "../../ftp/session/verbs.ts";
import { TransferError } from "../errors.ts";
import { isServer, type ServerSide } from "../sides/side.ts";
import type { Ends } from "./relay.ts";

/** The note on each file that is transferred as text. */
export const TEXT = "as text (TYPE A): sizes are not compared, since line ends may differ";

/**
 * Moves a file while both servers are in TYPE A (RFC 959 §3.1.1.1), and puts them back into TYPE I, in which everything
 * else is said.
 * @throws TransferError where a connection was replaced meanwhile by one in TYPE I
 */
export async function asText<T>(
  { source, target }: Ends,
  move: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const sides = [source.side, target.side].filter(isServer);
  const set: { readonly side: ServerSide; readonly client: Client }[] = [];
  try {
    for (const side of sides) {
      const client = await side.client(signal);
      set.push({ side, client });
      await client.ask(verbs.asciiType(), signal);
    }
    const moved = await move();
    for (const { side, client } of set)
      if ((side.connected ?? client) !== client)
        throw new TransferError(
          `${side.name}: the connection was lost and replaced while a text was being transferred`,
          "later",
        );
    return moved;
  } finally {
    for (const { side, client } of set) await backToImage(side, client, signal);
  }
}

/** A connection that is not known to be in TYPE I is given up. */
async function backToImage(side: ServerSide, client: Client, signal: AbortSignal): Promise<void> {
  if (side.connected === undefined || side.connected !== client) return;
  try {
    await client.ask(verbs.imageType(), signal);
  } catch {
    await side.close();
  }
}

/** How text changes that comes from this machine or goes to it; undefined: both or none of them is this machine. */
export function textConversion({ source, target }: Ends): Converter | undefined {
  const [from, to] = [isServer(source.side), isServer(target.side)];
  if (from === to) return undefined;
  return to ? toNvtAscii() : fromNvtAscii(false);
}
