import { bareStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// mtheall/ftpd (3DS, Switch), README: ALLO and MODE do nothing, FEAT, MLST, MDTM, SIZE, REST, PASV and PORT, no EPSV;
// few sockets, so that 4 or 5 transfers are all it has. source/ftp.c: "220 Hello!", "200 OK", "230 OK", "550 unavailable".
export const console_: ZooKind = {
  name: "console (ftpd for 3DS)",
  greeting: ["220 Hello!"],
  system: "215 UNIX Type: L8",
  features: [
    "MDTM",
    "MLST Type*;Size*;Modify*;Perm*;UNIX.mode*;",
    "PASV",
    "SIZE",
    "TVFS",
    "UTF8",
    "REST STREAM",
  ],
  lacks: ["EPSV", "EPRT", "MFMT"],
  list: bareStyle,
  words: {
    user: "230 OK",
    loggedIn: "230 OK",
    type: "200 OK",
    entered: "200 OK",
    begins: "150 Ready",
    done: "226 OK",
    missing: "450 No such file or directory",
    noDirectory: "550 No such file or directory",
    made: "250 OK",
    notMade: "550 File exists",
    deleted: "250 OK",
    removed: "250 OK",
    renaming: "350 OK",
    renamed: "250 OK",
    port: "200 OK",
    noop: "200 OK",
    bye: "221 disconnecting",
    restart: "200 OK",
    unknown: "502 invalid command",
  },
};
