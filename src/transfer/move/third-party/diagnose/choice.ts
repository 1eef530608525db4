import type { Client } from "../../../../ftp/session/client.ts";
import type { FtpSide } from "../../../sides/ftp-side.ts";
import { type PeerCapabilities, type Method, methodsFor, obstacleBetween } from "../methods.ts";

/** What the two servers are to each other. */
export async function meetingsOf(
  source: FtpSide,
  target: FtpSide,
  signal: AbortSignal,
): Promise<readonly [PeerCapabilities, PeerCapabilities]> {
  return meetingsBetween(await source.client(signal), await target.client(signal));
}

function meetingsBetween(there: Client, here: Client): readonly [PeerCapabilities, PeerCapabilities] {
  const isNewTls = there.tlsVersion === "TLSv1.3" && here.tlsVersion === "TLSv1.3";
  return [meetingOf(there, isNewTls), meetingOf(here, isNewTls)];
}

/** The methods between two connections, or why there can be none. */
interface Choice {
  readonly methods: readonly Method[];
  readonly obstacle: string | undefined;
}

/** The choice between the two connections of a lane: they stay what they are, for all files that they move. */
export class PairChoice {
  #made: { readonly there: Client; readonly here: Client; readonly choice: Choice } | undefined;

  between(there: Client, here: Client): Choice {
    const made = this.#made;
    if (made?.there === there && made.here === here) return made.choice;
    const meetings = meetingsBetween(there, here);
    const choice = { methods: methodsFor(...meetings), obstacle: obstacleBetween(...meetings) };
    this.#made = { there, here, choice };
    return choice;
  }
}

function meetingOf(client: Client, isNewTls: boolean): PeerCapabilities {
  const { quirks, protection } = client.session;
  const isRequired = client.host.tls.policy === "required";
  return {
    name: client.name,
    address: client.data.peerAddress,
    protection: isRequired ? "required" : protection === "private" ? "possible" : "none",
    sscn: client.has("SSCN"),
    cpsv: client.has("CPSV"),
    cutsAsTlsClient: quirks.cutsAsTlsClient && isNewTls,
    canBePassive: quirks.acceptsForeignPeers,
    isBetterPassive: quirks.losesActive,
  };
}
