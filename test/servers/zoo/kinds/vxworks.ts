import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// Wind River ftpLib/ftpdLib (public copies of ftpdLib.c), its table of messages: "VxWorks (%s) FTP server ready", "No files found
// or invalid directory or permission problem", "File \"%s\" not found or permission problem", "USER and PASS required": an
// empty directory, a missing one and a forbidden one are the same reply.
export const vxworks: ZooKind = {
  name: "VxWorks",
  greeting: ["220 VxWorks (5.5.1) FTP server ready"],
  system: "215 VxWorks Type: L8",
  lacks: ["SIZE", "MDTM", "REST", "APPE", "ABOR"],
  list: unixStyle({ owner: "user", group: "user" }),
  words: {
    user: "331 Password required",
    loggedIn: "230 User logged in",
    type: "200 Type set to %s, binary mode",
    entered: '250 Changed directory to "%s"',
    begins: "150 Opening BINARY mode data connection",
    done: "226 Transfer complete",
    missing: '550 File "%s" not found or permission problem',
    noDirectory: "501 Directory non existent or syntax error",
    unknown: "500 Command not recognized",
  },
  files: { emptyDirectory: "550 No files found or invalid directory or permission problem" },
};
