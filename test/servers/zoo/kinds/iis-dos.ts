import { dosStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// learn.microsoft.com, "FTP 7 Extensibility/Protocol": FEAT of IIS 7 and later names LANG, HOST and no MLST; replies
// 125 or 150, 226; dataChannelSecurity (matchClientAddressForPort, matchClientAddressForPasv) refuses third parties.
// WinSCP, source/core/FtpFileSystem.cpp: "220 Microsoft FTP Service", "215 Windows_NT".
// FileZilla, src/engine/directorylistingparser.cpp: `MM-DD-YY  HH:MMAM <DIR> name`. RNTO does not replace (Win32 MoveFile).
export const iisDos: ZooKind = {
  name: "IIS 10, DOS listing",
  greeting: ["220 Microsoft FTP Service"],
  system: "215 Windows_NT",
  features: [
    "LANG EN*",
    "UTF8",
    "AUTH TLS;TLS-C;SSL;TLS-P;",
    "PBSZ",
    "PROT C;P;",
    "CCC",
    "HOST",
    "SIZE",
    "MDTM",
    "REST STREAM",
  ],
  lacks: ["EPRT"],
  list: dosStyle(2),
  habits: {
    OPTS: "200 OPTS UTF8 command successful - UTF8 encoding now ON.",
    EPSV: "522 Network protocol not supported, use (1)",
  },
  words: {
    user: "331 Password required",
    loggedIn: "230 User logged in.",
    begins: "125 Data connection already open; Transfer starting.",
    missing: "550 The system cannot find the file specified. ",
    noDirectory: "550 The system cannot find the file specified. ",
    notMade: "550 Cannot create a file when that file already exists. ",
    renaming: "350 Requested file action pending further information.",
    renamed: "250 RNTO command successful.",
    badName: "550 The filename, directory name, or volume label syntax is incorrect. ",
    unknown: "500 '%s': command not understood.",
  },
  data: {
    foreignPort: "501 Server cannot accept argument.",
    foreignPeer: "425 Cannot open data connection.",
  },
  files: { noRenameOver: "550 Cannot create a file when that file already exists. " },
  names: {
    foldsCase: true,
    store: (name) => (/[<>:"\\|?*\u0001-\u001f]|[. ]$/.test(name) ? undefined : name),
  },
};
