import { vmsStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// "220 host MultiNet FTP Server Process V5.2(16)" and "215 VMS MultiNet V5.2(16)": public session logs of mvb.saic.com.
// Process Software, MultiNet for OpenVMS User's Guide, FTP: names on an ODS-2 disk are upper-case letters, digits, `_`, `-` and `$`,
// one dot, at most 39.39; every STOR makes a new version; Unix-style paths are understood.
// Listing with versions and blocks: FileZilla, src/engine/directorylistingparser.cpp.
export const vms: ZooKind = {
  name: "OpenVMS, MultiNet",
  greeting: ["220 host.example MultiNet FTP Server Process V5.2(16) at Sat 28-Nov-2026 8:24AM-PST"],
  system: "215 VMS MultiNet V5.2(16)",
  lacks: ["SIZE", "MDTM"],
  list: vmsStyle,
  words: {
    user: "331 %s user name ok. Password, please.",
    loggedIn: "230 User %s logged into DISK$USER:[TESTER] at Sat 28-Nov-2026 08:24, job 42.",
    entered: "250 Connected to %s.",
    begins: "150 IMAGE retrieve of %s started.",
    done: "226 Transfer completed.",
    missing: "550 %RMS-E-FNF, file not found",
    noDirectory: "550 %RMS-E-DNF, directory not found",
    made: '257 "%s" Directory created',
    badName: "553 %RMS-F-SYN, file specification syntax error",
    unknown: "500 Unknown command '%s'",
  },
  names: {
    foldsCase: true,
    store: (name) =>
      /^[A-Za-z0-9_$-]{1,39}(\.[A-Za-z0-9_$-]{0,39})?$/.test(name) ? name.toUpperCase() : undefined,
  },
};
