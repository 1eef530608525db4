import { os400Style } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// www.ibm.com/docs/en/i, "FTP server subcommands": SITE LISTFMT 0 (default) and 1, SITE NAMEFMT; 150 and 226/250 words.
// Greeting "220-QTCP at host.", "501 OPTS unsuccessful; specified subcommand not recognized." as in public session logs.
// Listing: FileZilla, src/engine/directorylistingparser.cpp, and Apache Commons Net, OS400FTPEntryParser.
export const os400: ZooKind = {
  name: "IBM i (OS/400), LISTFMT 0",
  greeting: ["220-QTCP at host.example.", "220 Connection will close if idle more than 5 minutes."],
  system: '215  OS/400 is the remote operating system. The TCP/IP version is "V7R4M0".',
  features: ["SIZE", "MDTM", "REST STREAM", "EPSV", "EPRT", "UTF8"],
  list: os400Style,
  habits: {
    OPTS: "501 OPTS unsuccessful; specified subcommand not recognized.",
    "SITE NAMEFMT 1": '250  Now using naming format "1".',
    "SITE LISTFMT 1": "501 Parameter LISTFMT not recognized.",
  },
  words: {
    user: "331 Enter password.",
    loggedIn: "230 %s logged on.",
    type: "200 Representation type is binary IMAGE.",
    entered: "250 Current directory changed to %s.",
    where: '257 "%s" is current directory.',
    begins: "150 Sending member %s.",
    done: "226 File transfer completed successfully.",
    missing: "550 Specified directory does not exist or cannot be accessed.",
    noDirectory:
      "550-Specified directory does not exist or cannot be accessed.\r\n550 Working directory not changed.",
    made: '257 "%s" created.',
    notMade: "550 Directory %s already exists.",
    unknown: "500 Subcommand %s not valid.",
  },
  names: { foldsCase: true },
};
