import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// glftpd.io, README and glftpd.docs: greeting, "227 Entering Passive Mode (…)", `allow_fxp`, X-DUPE.
// cbftp and slftp (public sources) both parse `553- X-DUPE: name` lines; reports on their trackers show STOR answered by
// `553-` lines that end in `150 …`: what a script says before the transfer is allowed.
export const glftpd: ZooKind = {
  name: "glFTPd 2",
  greeting: ["220 site (glFTPd 2.11a Linux+TLS) ready."],
  system: "215 UNIX Type: L8",
  features: ["AUTH TLS", "AUTH SSL", "PBSZ", "PROT", "CPSV", "SSCN", "MDTM", "SIZE", "REST STREAM", "PRET"],
  lacks: ["PRET", "EPSV", "EPRT"],
  list: unixStyle({ owner: "tester", group: "NoGroup", total: "total 1234" }),
  habits: {
    "STAT -l": "500 Command not understood.",
    "SITE XDUPE": "200 Activated extended dupe mode 3.",
  },
  words: {
    loggedIn: "230 User %s logged in.",
    begins: "553- this section is filled slowly\r\n150 Opening BINARY mode data connection for %s.",
    done: "226- [Ul: 68.4KB] [Speed: 68.4K/s] [Free: 1234MB]\r\n226  [Section: DEFAULT] [Credits: 14.6MB] [Ratio: UL&DL: Unlimited]",
    missing: "550 %s: No such file or directory.",
    unknown: "500 '%s': Command not understood.",
  },
  data: { begins: "after-accept" },
};
