import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// DigitalTuna/ioFTPD-v7.7.3: "220 FTP Server ready." from FtpClient text files, IPv4 only (no EPSV, EPRT), no OPTS, FEAT with
// MDTM that sets times, XCRC, REST STREAM; `425 Can't open data connection.`; Windows names, MoveFileEx without replacing.
export const ioftpd: ZooKind = {
  name: "ioFTPD 7",
  greeting: ["220 ioFTPD Server ready."],
  system: "215 UNIX Type: L8",
  features: [
    "AUTH SSL",
    "AUTH TLS",
    "PBSZ",
    "PROT",
    "CPSV",
    "SSCN",
    "MDTM",
    "MDTM YYYYMMDDHHMMSS filename",
    "REST STREAM",
    "SIZE",
    "XCRC filename;start;end",
  ],
  lacks: ["EPSV", "EPRT", "OPTS"],
  list: unixStyle({ owner: "ioFTPD", group: "NoGroup" }),
  words: {
    user: "331 Password required for %s.",
    entered: "250 CWD command successful.",
    begins: "150 Opening BINARY mode data connection for %s.",
    missing: "550 %s: The system cannot find the file specified.",
    noDirectory: "550 %s: The system cannot find the path specified.",
    notMade: "550 %s: Cannot create a file when that file already exists.",
    unknown: "500 '%s': Command not understood",
  },
  files: { setsTimes: "MDTM", noRenameOver: "550 Cannot create a file when that file already exists." },
  names: {
    foldsCase: true,
    store: (name) => (/[<>:"\\|?*\u0001-\u001f]|[. ]$/.test(name) ? undefined : name),
  },
};
