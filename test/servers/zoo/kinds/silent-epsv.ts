import { unixStyle } from "../listing.ts";
import { SWALLOWS, type ZooKind } from "../kind.ts";

// curl, docs on --disable-epsv, and RFC 2428 §4 discussions: firewalls that inspect FTP drop EPSV, which they do not know, on its way.
export const silentEpsv: ZooKind = {
  name: "announces EPSV, never answers it",
  greeting: ["220 FTP server ready"],
  features: ["SIZE", "MDTM", "MLST type*;size*;modify*;", "REST STREAM", "EPSV", "EPRT", "UTF8"],
  list: unixStyle(),
  habits: { EPSV: SWALLOWS, EPRT: SWALLOWS },
};
