import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// WinSCP, source/core/FtpFileSystem.cpp: the greeting of four lines.
// support.cerberusftp.com, "Supported FTP commands": MLST, MFMT, MDTM, XCRC, HASH, EPSV, EPRT; PORT only to the client
// ("Deny FXP transfers" is on by default): "500 Server-to-server FTP not allowed".
export const cerberus: ZooKind = {
  name: "Cerberus FTP Server",
  greeting: [
    "220-Cerberus FTP Server - Home Edition",
    "220-This is the UNLICENSED Home Edition and may be used for home, personal use only",
    "220-Welcome to Cerberus FTP Server",
    "220 Created by Cerberus, LLC",
  ],
  system: "215 UNIX Type: L8",
  features: [
    "AUTH TLS",
    "PBSZ",
    "PROT",
    "SIZE",
    "MDTM",
    "MLST Type*;Size*;Modify*;Perm*;",
    "MFMT",
    "REST STREAM",
    "EPSV",
    "EPRT",
    "UTF8",
    "TVFS",
  ],
  list: unixStyle({ owner: "owner", group: "group" }),
  words: {
    user: "331 User name ok, need password",
    loggedIn: "230 Password Ok, User logged in",
    type: "200 Type %s",
    begins: "150 Opening data connection",
    done: "226 Transfer complete",
    missing: "550 File not found",
    noDirectory: "550 Requested action not taken. Path not found",
    unknown: "502 Command not implemented, superfluous at this site",
  },
  data: {
    foreignPort: "500 Server-to-server FTP not allowed",
    foreignPeer: "425 Unable to open the data connection",
  },
  files: { setsTimes: "MFMT" },
  names: { foldsCase: true },
};
