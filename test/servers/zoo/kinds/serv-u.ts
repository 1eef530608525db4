import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// WinSCP, source/core/FtpFileSystem.cpp: "220 Serv-U FTP Server v15.1 ready...".
// support.solarwinds.com, "Serv-U FTP commands" and "FTP return codes": "530 Only client IP address allowed for PORT command.",
// "530 Only client IP address allowed to connect to PASV socket.", "550 /x: No such file or directory.", MDTM sets times
// (253), "226 Transfer complete. 70,000 bytes transferred. 68.36 KB/sec.", XCRC, DSIZ, SSCN, CLNT.
export const servU: ZooKind = {
  name: "Serv-U 15",
  greeting: ["220 Serv-U FTP Server v15.1 ready..."],
  system: "215 UNIX Type: L8",
  features: [
    "AUTH TLS",
    "SSCN",
    "PBSZ",
    "PROT",
    "CCC",
    "CLNT",
    "OPTS MODE;MLST;UTF8",
    "CSID Name; Version;",
    "HOST domain",
    "MDTM",
    "MDTM YYYYMMDDHHMMSS[+-TZ];filename",
    "MLST type*;size*;modify*;",
    "PASV",
    "PORT",
    "REST STREAM",
    "SIZE",
    "STOU",
    "TVFS",
    "UTF8",
    "EPSV",
    "EPRT",
  ],
  list: unixStyle({ owner: "user", group: "group" }),
  words: {
    user: "331 User name okay, need password.",
    loggedIn: "230 User logged in, proceed.",
    entered: "250 Directory changed to %s",
    begins: "150 Opening BINARY mode data connection for %s.",
    done: "226 Transfer complete. 70,000 bytes transferred. 68.36 KB/sec.",
    missing: "550 %s: No such file or directory.",
    made: '257 "%s" directory created.',
    notMade: "550 %s: Directory already exists.",
    deleted: "250 DELE command successful.",
    renaming: "350 File or directory exists, ready for destination name.",
    renamed: "250 RNTO command successful.",
    unknown: "500 '%s': command not understood.",
  },
  data: {
    foreignPort: "530 Only client IP address allowed for PORT command.",
    foreignPeer: "530 Only client IP address allowed to connect to PASV socket.",
  },
  files: { setsTimes: "MDTM", noRestartStore: "550 Cannot restart a transfer beyond the end of the file." },
};
