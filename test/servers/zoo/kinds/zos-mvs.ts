import { zosStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// As z/OS UNIX files, with the default STARTDIRECTORY MVS: the working directory is a high-level qualifier in quotes, names
// are data sets of at most eight letters and digits a qualifier, in upper case; listings have no sizes; SIZE is refused for
// data sets. Apache Commons Net, MVSFTPEntryParser: the columns.
export const zosMvs: ZooKind = {
  name: "z/OS data sets",
  greeting: [
    "220-FTPD1 IBM FTP CS V2R4 at name.example, 13:49:38 on 2026-01-28.",
    "220 Connection will close if idle for more than 5 minutes.",
  ],
  system: "215 MVS is the operating system of this server. FTP Server is running on z/OS.",
  features: ["SIZE", "MDTM", "REST STREAM", "UTF8", "EPSV", "EPRT"],
  list: zosStyle,
  home: "'TESTER.'",
  habits: {
    SIZE: "550 SIZE command is not supported for MVS data sets",
    MDTM: "550 MDTM command is not supported for MVS data sets",
  },
  words: {
    user: "331 Send password please.",
    loggedIn: '230 %s is logged on.  Working directory is "TESTER.".',
    type: "200 Representation type is Image",
    entered: '250 "%s" is the working directory name prefix.',
    where: '257 "%s" is working directory.',
    begins: "125 Storing data set %s",
    done: "250 Transfer completed successfully.",
    missing: "550 Data set %s not found",
    noDirectory: "501 Invalid directory name, %s",
    badName: '501 Invalid data set name "%s". Use MVS Dsname conventions.',
    unknown: "500 unknown command %s",
  },
  names: {
    foldsCase: true,
    store: (name) =>
      /^[A-Za-z#@$][A-Za-z0-9#@$-]{0,7}(\.[A-Za-z#@$][A-Za-z0-9#@$-]{0,7})*$/.test(name)
        ? name.toUpperCase()
        : undefined,
  },
};
