import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// FluentFTP, Servers/Handlers/WSFTPServer.cs: "220 ***.com X2 WS_FTP Server 8.5.0(24135676)".
// docs.ipswitch.com, "WS_FTP Server FTP commands": XCRC, XMD5; words as in public session logs ("226 transfer complete",
// "550 File or directory not found.").
export const wsFtp: ZooKind = {
  name: "WS_FTP Server 8",
  greeting: ["220 host.example X2 WS_FTP Server 8.5.0(24135676)"],
  system: "215 UNIX",
  features: [
    "SIZE",
    "MDTM",
    "MLST size*;type*;perm*;create*;modify*;",
    "XMD5 filename;start;end",
    "XCRC filename;start;end",
    "REST STREAM",
    "AUTH SSL",
    "AUTH TLS-P",
    "PBSZ",
    "PROT",
    "UTF8",
    "EPSV",
    "EPRT",
    "MFMT",
  ],
  list: unixStyle({ owner: "tester", group: "users" }),
  habits: { XMD5: "504 Algorithm not enabled.", XCRC: "504 Algorithm not enabled." },
  words: {
    user: "331 Enter password",
    loggedIn: "230 User logged in",
    type: "200 Type is %s",
    entered: "250 Command CWD succeed",
    begins: "150 Transferring...",
    done: "226 transfer complete",
    missing: "550 File or directory not found.",
    noDirectory: "550 Directory not found.",
    deleted: "250 file removed",
    renaming: "350 file accepted: need name",
    renamed: "250 file renamed",
    made: '257 "%s" created',
    notMade: "550 Directory already exists.",
    unknown: "502 Command not implemented: %s",
  },
  files: { setsTimes: "MFMT" },
  names: { foldsCase: true },
};
