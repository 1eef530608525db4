import { featureParameters, hasFeature } from "../../ftp/features.ts";
import { accountKey, connectionKey } from "../../ftp/settings.ts";
import * as verbs from "../../ftp/session/verbs.ts";
import { isServer } from "../sides/side.ts";
import type { Ends } from "./relay.ts";

/** Bytes a server surely copies on its own disk in a millisecond; its reply is waited for accordingly. */
const OCTETS_PER_MS = 10_000;

/** Whether source and target are one account of one server. */
export function areOneAccount({ source, target }: Ends): boolean {
  const [from, to] = [source.side, target.side];
  return isServer(from) && isServer(to) && accountKey(from.host) === accountKey(to.host);
}

/**
 * Lets a server copy a file that is to stay on it (SITE CPFR, CPTO; ProFTPD's mod_copy): no data connection.
 * @param begin waits until that may begin
 * @returns false where source and target are not one account of one server that offers it
 * @throws ReplyError when it is refused
 */
export async function copyOnServer(
  ends: Ends,
  sizeBytes: number | undefined,
  begin: () => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const { source, target } = ends;
  if (!areOneAccount(ends) || !isServer(source.side) || !isServer(target.side)) return false;
  // Both names go over the target's connection; where the source's would be another one, it might be protected better.
  if (connectionKey(source.side.host) !== connectionKey(target.side.host)) return false;
  const client = await target.side.client(signal);
  const offers = featureParameters(client.session.features, "SITE");
  if (!offers.includes("COPY") && !hasFeature(client.session.features, "SITE COPY")) return false;
  await begin();
  const patienceMs = client.host.timeouts.replyMs + Math.ceil((sizeBytes ?? 0) / OCTETS_PER_MS);
  const from = verbs.copyFrom(client.absolute(source.path));
  await client.askInSequence([from], verbs.copyTo(client.absolute(target.path)), signal, patienceMs);
  return true;
}
