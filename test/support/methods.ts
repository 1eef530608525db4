import { type PeerCapabilities, methodsFor } from "../../src/transfer/move/third-party/methods.ts";

/** A server that can do everything. */
export const WILLING: PeerCapabilities = {
  name: "",
  address: "192.0.2.1",
  protection: "possible",
  sscn: true,
  cpsv: true,
  cutsAsTlsClient: false,
  canBePassive: true,
  isBetterPassive: false,
};

/** Every way in which two servers over IPv4 can do a third-party transfer. */
export const ALL_METHODS = methodsFor(WILLING, WILLING);

/** Those of them that need no TLS. */
export const CLEAR_METHODS = ALL_METHODS.filter(({ tlsClient }) => tlsClient === undefined);
