import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// WinSCP, source/core/FtpFileSystem.cpp: "220 Titan FTP Server 10.47.1892 Ready.", "215 UNIX Type: L8".
// titanftp.com, release notes: COMB, XCRC, MLST, MODE Z, "OPTS UTF8 ON"; Windows names.
export const titan: ZooKind = {
  name: "Titan FTP Server 10",
  greeting: ["220 Titan FTP Server 10.47.1892 Ready."],
  system: "215 UNIX Type: L8",
  features: [
    "AUTH TLS",
    "PBSZ",
    "PROT",
    "COMB target;source_list",
    "CLNT",
    "MDTM",
    "MLST type*;size*;modify*;",
    "MODE Z",
    "REST STREAM",
    "SIZE",
    "UTF8",
    "XCRC filename;start;end",
    "EPSV",
    "EPRT",
    "MFMT",
  ],
  list: unixStyle({ owner: "owner", group: "group" }),
  habits: { XCRC: "550 XCRC failed." },
  words: {
    user: "331 User name okay, need password.",
    loggedIn: "230 Welcome to the Titan FTP Server!",
    begins: "150 File status okay; about to open data connection.",
    done: "226 Transfer complete. 70000 bytes in 0.01 sec. (6835.94 Kb/s).",
  },
  files: { setsTimes: "MFMT", noRenameOver: "550 Rename failed; file exists." },
  names: { foldsCase: true },
};
