import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// RFC 4217 §7 leaves open whether the handshake comes before or after the 1yz. FileZilla's engine begins it when the TCP connection
// stands; some Java and .NET servers (reports on the trackers of FluentFTP and Apache FtpServer) say 150 only when TLS stands.
export const tlsFirst: ZooKind = {
  name: "TLS handshake before the 150",
  greeting: ["220 FTP server ready"],
  features: [
    "AUTH TLS",
    "PBSZ",
    "PROT",
    "SIZE",
    "MDTM",
    "MLST type*;size*;modify*;",
    "REST STREAM",
    "EPSV",
    "EPRT",
    "MFMT",
    "UTF8",
  ],
  list: unixStyle(),
  data: { tls: "before-1yz", begins: "after-accept" },
  files: { setsTimes: "MFMT" },
};
