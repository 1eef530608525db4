import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// "220 NASFTPD Turbo station 1.3.2e Server (ProFTPD) [address]": public session logs; it is ProFTPD under another name,
// with AllowForeignAddress off (proftpd.org, directive reference): "500 Illegal PORT command".
export const qnap: ZooKind = {
  name: "QNAP",
  greeting: ["220 NASFTPD Turbo station 1.3.2e Server (ProFTPD) [127.0.0.1]"],
  system: "215 UNIX Type: L8",
  features: [
    "MDTM",
    "MFMT",
    "UTF8",
    "MLST modify*;size*;type*;unique*;",
    "REST STREAM",
    "SIZE",
    "EPSV",
    "EPRT",
  ],
  list: unixStyle({ owner: "admin", group: "administrators" }),
  words: {
    begins: "150 Opening BINARY mode data connection for %s",
    done: "226 Transfer complete",
    missing: "550 %s: No such file or directory",
    noDirectory: "550 %s: No such file or directory",
    unknown: "500 %s not understood",
  },
  data: {
    foreignPort: "500 Illegal PORT command",
    foreignPeer: "425 Unable to build data connection: Operation not permitted",
    begins: "after-accept",
  },
  files: { setsTimes: "MFMT" },
};
