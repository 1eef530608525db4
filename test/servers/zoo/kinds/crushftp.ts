import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// FluentFTP, Servers/Handlers/CrushFtpServer.cs: "220 CrushFTP Server Ready!".
// crushftp.com/crush10wiki: MFMT, MDTM that sets times, REST; "150 Opening BINARY mode data connection for x.",
// "226 Command ok : Received 70000 bytes…"; directories may have a SIZE (the sum below them is off by default, so 0).
export const crushftp: ZooKind = {
  name: "CrushFTP 10",
  greeting: ["220-Welcome to CrushFTP!", "220 CrushFTP Server Ready!"],
  system: "215 UNIX Type: L8",
  features: [
    "AUTH SSL",
    "AUTH TLS",
    "PBSZ",
    "PROT",
    "MDTM",
    "MFMT",
    "SIZE",
    "REST STREAM",
    "UTF8",
    "EPSV",
    "EPRT",
    "MLST type*;size*;modify*;",
    "SITE UTIME",
  ],
  list: unixStyle({ owner: "owner", group: "group" }),
  words: {
    user: "331 Username OK.  Need password.",
    loggedIn: "230 Password OK.  Connected.",
    type: "200 Command OK : Binary type selected.",
    entered: '250 "%s" CWD command successful.',
    done: "226 Command OK : Transfer complete.",
    missing: "550 File not found, or access denied.",
    noDirectory: "550 %s : No such file or directory.",
    unknown: "500 Command not understood.",
  },
  files: { setsTimes: "MFMT", sizeOfDirectory: 0 },
};
