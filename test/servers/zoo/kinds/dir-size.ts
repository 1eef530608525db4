import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// Apache FtpServer (SIZE.java up to 1.0.6) and CrushFTP tell SIZE of directories; its 213 says nothing about a file.
// "215 UNIX Type: Apache FtpServer": WinSCP, source/core/FtpFileSystem.cpp. "213 File status" without a number: reports of empty files.
export const dirSize: ZooKind = {
  name: "Apache FtpServer (SIZE of directories)",
  greeting: ["220 Service ready for new user."],
  system: "215 UNIX Type: Apache FtpServer",
  features: ["SIZE", "MDTM", "REST STREAM", "EPSV", "EPRT", "UTF8", "MLST Size;Modify;Type;Perm", "MFMT"],
  lacks: ["MLST"],
  list: unixStyle(),
  files: { sizeOfDirectory: 4_096, sizeOfEmpty: "213 File status", setsTimes: "MFMT" },
  words: {
    user: "331 User name okay, need password for %s.",
    loggedIn: "230 User logged in, proceed.",
    type: "200 Command TYPE okay.",
    entered: "250 Directory changed to %s",
    begins: "150 File status okay; about to open data connection.",
    missing: "550 %s: no such file.",
    noDirectory: "550 No such directory.",
    renaming: "350 Requested file action pending further information.",
    renamed: "250 Requested file action okay, file renamed.",
  },
};
