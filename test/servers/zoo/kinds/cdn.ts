import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// docs of CDN storage services with FTP (techdocs.akamai.com NetStorage "FTP", bunny.net storage "FTP", docs.edgio.com): RNFR is
// refused or costs a copy, what was uploaded is listed when it has been replicated, seconds later; no REST for STOR.
export const cdn: ZooKind = {
  name: "CDN storage (late, no rename)",
  greeting: ["220 Storage FTP ready."],
  system: "215 UNIX Type: L8",
  features: ["SIZE", "MDTM", "REST STREAM", "UTF8", "EPSV", "EPRT"],
  lacks: ["APPE"],
  list: unixStyle({ owner: "storage", group: "storage" }),
  habits: { RNFR: "502 Rename is not supported." },
  files: { visibleAfterMs: 400, noRestartStore: "504 Restart is not supported for uploads." },
  words: { missing: "550 %s: not found", noDirectory: "550 %s: not found" },
};
