import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// WinSCP, source/core/FtpFileSystem.cpp: the greeting, and "215 UNIX emulated by FileZilla".
// FileZilla Server 0.9.60, source/ControlSocket.cpp: "227 Entering Passive Mode (…)", "150 Opening data channel for file
// upload to server of \"…\"", "226 Successfully transferred \"…\"", "550 File not found", "421 Rejected command, requested
// IP address does not match control connection IP." (AllowFXP off), MFMT "213 modify=…; path".
export const filezilla09: ZooKind = {
  name: "FileZilla Server 0.9",
  greeting: [
    "220-FileZilla Server version 0.9.43 beta",
    "220-written by Tim Kosse (Tim.Kosse@gmx.de)",
    "220 Please visit http://sourceforge.net/projects/filezilla/",
  ],
  system: "215 UNIX emulated by FileZilla",
  features: [
    "MDTM",
    "REST STREAM",
    "SIZE",
    "MLST type*;size*;modify*;",
    "MLSD",
    "UTF8",
    "CLNT",
    "MFMT",
    "EPSV",
    "EPRT",
  ],
  list: unixStyle({ owner: "ftp", group: "ftp" }),
  habits: { CLNT: "200 Don't care", OPTS: "202 UTF8 mode is always enabled. No need to send this command." },
  words: {
    loggedIn: "230 Logged on",
    entered: '250 CWD successful. "%s" is current directory.',
    begins: '150 Opening data channel for file transfer of "%s"',
    done: '226 Successfully transferred "%s"',
    missing: "550 File not found",
    noDirectory: '550 CWD failed. "%s": directory not found.',
    made: '257 "%s" created successfully',
    notMade: "550 Directory already exists",
    deleted: "250 File deleted successfully",
    renaming: "350 File exists, ready for destination name.",
    renamed: "250 file renamed successfully",
    unknown: "500 Syntax error, command unrecognized.",
  },
  data: {
    foreignPort: "421 Rejected command, requested IP address does not match control connection IP.",
    foreignPeer: "425 Can't open data connection.",
  },
  files: { setsTimes: "MFMT", noRenameOver: "553 file exists" },
  names: {
    foldsCase: true,
    store: (name) => (/[<>:"\\|?*\u0001-\u001f]|[. ]$/.test(name) ? undefined : name),
  },
};
