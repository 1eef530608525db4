import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// FluentFTP, Servers/Handlers/WuFtpdServer.cs: "220 DH FTP server (Version wu-2.6.2-5) ready", no FEAT.
// wu-ftpd 2.6.2, src/ftpd.c: "502 Illegal PORT Command", `port-allow` off; "150 Opening BINARY mode data connection for
// x (n bytes).", LIST through /bin/ls with "total n"; `ls` of a missing file is an empty listing.
export const wuFtpd: ZooKind = {
  name: "wu-ftpd 2.6.2",
  greeting: ["220 host FTP server (Version wu-2.6.2-5) ready."],
  list: unixStyle({ owner: "root", group: "sys", total: "total 24", hasDots: true }),
  words: {
    loggedIn: "230 User %s logged in.",
    begins: "150 Opening BINARY mode data connection for %s (70000 bytes).",
  },
  data: {
    foreignPort: "502 Illegal PORT Command",
    foreignPeer: "425 Possible PASV port theft, cannot open data connection.",
  },
};
