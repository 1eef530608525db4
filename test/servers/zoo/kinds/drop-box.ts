import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// A drop box: what comes stays, and nobody looks at it again. ProFTPD, doc/howto/Limit.html, has the recipe (READ, DELE, RNFR, RNTO,
// DIRS and SIZE denied: "550 %s: Operation not permitted").
const DENIED = "550 Operation not permitted";
export const dropBox: ZooKind = {
  name: "drop box (no rename, no delete)",
  greeting: ["220 FTP server ready"],
  features: ["SIZE", "MDTM", "REST STREAM", "EPSV", "EPRT"],
  list: unixStyle(),
  habits: { RNFR: DENIED, DELE: DENIED, RMD: DENIED, SIZE: DENIED, MDTM: DENIED },
};
