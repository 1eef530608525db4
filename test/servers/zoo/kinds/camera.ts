import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// zmap/ztag, annotations: "220 Network-Camera FTP server (GNU inetutils 1.4.1) ready." GNU inetutils 1.4 ftpd (src/ftpd.c) has
// neither FEAT nor MLSD, and prints SYST as "215 UNIX Type: L8 Version: Linux …". This one is set up as cameras are: one
// directory that cannot be left (550), no renaming and no SIZE.
export const camera: ZooKind = {
  name: "camera (no CWD, no SIZE)",
  greeting: ["220 Network-Camera FTP server (GNU inetutils 1.4.1) ready."],
  system: "215 UNIX Type: L8 Version: Linux 2.6.18",
  lacks: ["SIZE", "MDTM", "REST", "CWD", "CDUP", "RNFR", "RNTO"],
  list: unixStyle({ owner: "root", group: "root", total: "total 0" }),
};
