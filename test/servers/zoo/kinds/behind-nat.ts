import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// ncftp, lftp (`ftp:fix-pasv-address`), FileZilla ("Server sent passive reply with unroutable address"): a server behind NAT that names
// the address it knows itself by. And EPSV answered for a port that the firewall keeps closed.
export const behindNat: ZooKind = {
  name: "behind NAT (wrong PASV address)",
  greeting: ["220 FTP server ready"],
  features: ["SIZE", "MDTM", "REST STREAM", "EPSV", "UTF8"],
  list: unixStyle(),
  data: { passiveAddress: "192.168.1.20", isEpsvUnreachable: true },
};
