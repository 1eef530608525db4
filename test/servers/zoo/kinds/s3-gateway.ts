import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// FluentFTP, Servers/Handlers/Ftp2S3GatewayServer.cs: "220 Aruba FTP2S3 gateway 1.0.1 ready".
// RustFS, its list of unsupported FTP features: APPE, atomic rename, chmod; docs.aws.amazon.com, Transfer Family "FTP": no APPE,
// no REST for uploads, no times ("MFMT is not supported"), and objects have the time of their upload.
export const s3Gateway: ZooKind = {
  name: "gateway to an object store",
  greeting: ["220 Aruba FTP2S3 gateway 1.0.1 ready"],
  system: "215 UNIX Type: L8",
  features: ["SIZE", "MDTM", "MLST type*;size*;modify*;", "UTF8", "EPSV", "EPRT"],
  lacks: ["APPE", "REST"],
  list: unixStyle({ owner: "s3", group: "s3" }),
  habits: { RNFR: "550 Unsupported FTP feature: Atomic RNFR/RNTO rename" },
  words: { missing: "550 Not found", noDirectory: "550 Not found", unknown: "502 Command not implemented" },
};
