import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// FileZilla Server 1.8, src/filezilla/ftp/session.cpp: PORT is accepted for any address; who connects to a passive port must
// be the peer of the control connection, which no setting changes ("425 Unable to build data connection: …"); STAT of a path 221;
// MLSD, MFMT, no digests; "150 Starting data transfer.", "226 Operation successful".
export const filezilla1: ZooKind = {
  name: "FileZilla Server 1.x",
  greeting: ["220-FileZilla Server 1.8.2", "220 Please visit https://filezilla-project.org/"],
  system: "215 UNIX emulated by FileZilla.",
  features: [
    "MDTM",
    "REST STREAM",
    "SIZE",
    "MLST type*;size*;modify*;perm*;",
    "MLSD",
    "AUTH SSL",
    "AUTH TLS",
    "PROT",
    "PBSZ",
    "UTF8",
    "TVFS",
    "EPSV",
    "EPRT",
    "MFMT",
  ],
  list: unixStyle({ owner: "ftp", group: "ftp" }),
  words: {
    user: "331 Please, specify the password.",
    loggedIn: "230 Login successful.",
    entered: "250 CWD command successful",
    begins: "150 Starting data transfer.",
    done: "226 Operation successful",
    missing: "550 Couldn't open the file",
    noDirectory: "550 Couldn't open the directory",
    notMade: "550 Couldn't create the directory",
    unknown: "500 Wrong command.",
  },
  data: {
    tls: "after-1yz",
    foreignPeer: "425 Unable to build data connection: Operation not permitted",
  },
  files: { setsTimes: "MFMT" },
};
