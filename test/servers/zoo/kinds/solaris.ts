import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// docs.oracle.com, in.ftpd(1M) of Solaris 8: RFC 959 alone, "220 host FTP server (SunOS 5.8) ready."; SIZE, MDTM and REST
// are not among its commands; `500 '…': command not understood.`
export const solaris: ZooKind = {
  name: "Solaris 8 in.ftpd",
  greeting: ["220 host FTP server (SunOS 5.8) ready."],
  system: "215 UNIX Type: L8 Version: SUNOS",
  lacks: ["SIZE", "MDTM", "REST"],
  list: unixStyle({ owner: "tester", group: "staff", total: "total 8" }),
  words: {
    begins: "150 Binary data connection for %s (10.0.0.1,32768).",
    done: "226 Binary Transfer complete.",
  },
};
