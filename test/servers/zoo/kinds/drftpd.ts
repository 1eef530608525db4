import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// drftpd-ng/drftpd, src/commands/…/DataConnectionHandler.java: "You need to use a client supporting PRET (PRE Transfer) to
// use PASV", "226- Checksum from transfer"; STOR onto a file "553 Requested action not taken. File exists."; no EPSV,
// EPRT, APPE or STOU; "530 USE SECURE DATA CONNECTION"; MLST with commas in FEAT; "426 You are not allowed to FXP from here."
export const drftpd: ZooKind = {
  name: "DrFTPD 4",
  greeting: ["220-Welcome", "220 DrFTPD 4.0.9 http://drftpd.org"],
  system: "215 UNIX system type.",
  features: [
    "CLNT",
    "MLST type*,x.crc32*,size*,modify*,unix.owner*,unix.group*,x.slaves*,x.xfertime*",
    "PRET",
    "SIZE",
    "MDTM",
    "REST STREAM",
    "MFMT",
  ],
  lacks: ["EPSV", "EPRT", "APPE", "STOU"],
  list: unixStyle({ owner: "drftpd", group: "drftpd", total: "total 0" }),
  habits: {
    CLNT: "200 OK",
    PASV: (visit) => {
      const isAnnounced = visit.hasPret;
      visit.hasPret = false;
      return isAnnounced
        ? undefined
        : "500 You need to use a client supporting PRET (PRE Transfer) to use PASV";
    },
  },
  words: {
    user: "331 Password required for %s",
    loggedIn: "230 User %s logged in.",
    type: "200 Command okay",
    entered: "250 Directory changed to %s",
    begins: "150 File status okay; about to open data connection for %s.",
    done: "226- Checksum from transfer: 00000000\r\n226 Closing data connection",
    missing: "550 Requested action not taken. File unavailable.",
    noDirectory: "550 Requested action not taken. File unavailable.",
    made: '257 "%s" created.',
    notMade: "550 Requested action not taken. %s already exists.",
    deleted: "250 Requested action okay, completed.",
    unknown: "500 Command %s not understood",
  },
  files: {
    setsTimes: "MFMT",
    noOverwrite: ["553 Requested action not taken. File exists."],
    noRenameOver: "553 Requested action not taken. File exists.",
  },
};
