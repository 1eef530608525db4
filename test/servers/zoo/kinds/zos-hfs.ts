import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// www.ibm.com/docs, "z/OS Communications Server: IP User's Guide and Commands", FTP: replies 125 and 250 ("250 Transfer
// completed successfully."), "215 MVS is the operating system of this server. FTP Server is running on z/OS.", a working
// directory in the z/OS UNIX file system when the user's FTP.DATA says STARTDIRECTORY HFS.
// WinSCP, source/core/FtpFileSystem.cpp: the greeting of several lines.
export const zosHfs: ZooKind = {
  name: "z/OS UNIX files",
  greeting: [
    "220-FTPD1 IBM FTP CS V2R4 at name.example, 13:49:38 on 2026-01-28.",
    "220 Connection will close if idle for more than 5 minutes.",
  ],
  system: "215 MVS is the operating system of this server. FTP Server is running on z/OS.",
  features: ["SIZE", "MDTM", "REST STREAM", "UTF8", "AUTH TLS", "PBSZ", "PROT", "EPSV", "EPRT"],
  list: unixStyle({ owner: "BPXROOT", group: "SYS1", total: "total 40" }),
  words: {
    user: "331 Send password please.",
    loggedIn: '230 %s is logged on.  Working directory is "/".',
    type: "200 Representation type is Image",
    entered: "250 HFS directory %s is the current working directory.",
    where: '257 "%s" is the HFS working directory.',
    begins: "125 Storing data set %s",
    done: "250 Transfer completed successfully.",
    missing: "550 %s: EDC5129I No such file or directory.",
    noDirectory: "550 %s: EDC5129I No such file or directory.",
    unknown: "500 unknown command %s",
  },
};
