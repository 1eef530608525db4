import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// "220 MikroTik FTP server (MikroTik 6.39.3) ready", "500 'OPTS': command not understood", "226 ASCII transfer complete":
// public session logs. No FEAT, SIZE, MDTM or REST; one flat flash disk, in which CWD knows only `/` and what is there.
export const mikrotik: ZooKind = {
  name: "router (MikroTik)",
  greeting: ["220 MikroTik FTP server (MikroTik 6.39.3) ready"],
  system: "215 UNIX MikroTik 6.39.3",
  lacks: ["SIZE", "MDTM", "REST", "APPE", "ABOR", "MODE", "STRU"],
  list: unixStyle({ owner: "root", group: "root" }),
  words: {
    loggedIn: "230 User %s logged in",
    type: "200 Type set to %s",
    begins: "150 Opening BINARY mode data connection for '%s'",
    done: "226 BINARY transfer complete",
    missing: "550 '%s': no such file or directory",
    noDirectory: "550 '%s': no such directory",
  },
};
