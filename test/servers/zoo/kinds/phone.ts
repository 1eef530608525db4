import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// ppareit/swiftp (Android), app/src/main/java/be/ppareit/swiftp/server: "220 SwiFTP 3.1 ready", FEAT with UTF8, MDTM, MFMT,
// MLST, SIZE; "226 Transmission complete" after STOR, "150 Sending file" before RETR; "450 Error accessing the file" …
// SIZE of a missing file is 550, MDTM of one "550 file does not exist". LIST names owner and group "owner group".
export const phone: ZooKind = {
  name: "phone (SwiFTP)",
  greeting: ["220 SwiFTP 3.1 ready"],
  system: "215 UNIX Type: L8",
  features: ["UTF8", "MDTM", "MFMT", "MLST Type*;Size*;Modify*;Perm", "SIZE", "REST STREAM"],
  lacks: ["EPSV", "EPRT"],
  list: unixStyle({ owner: "owner", group: "group" }),
  words: {
    user: "331 Send password",
    loggedIn: "230 Access granted",
    type: "200 Binary type set",
    entered: "250 CWD successful",
    begins: "150 Sending file",
    done: "226 Transmission complete",
    missing: "550 File does not exist",
    noDirectory: "550 That path is inaccessible",
    made: "250 Directory created",
    renaming: "350 Filename noted, now send RNTO",
    renamed: "250 rename successful",
    deleted: "250 File successfully deleted",
    unknown: "502 Command not recognized",
  },
  files: { setsTimes: "MFMT" },
};
