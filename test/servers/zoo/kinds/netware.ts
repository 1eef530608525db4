import { netwareStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// nmap-service-probes: "220 host FTP server (NetWare v5.x) ready."; "215 NETWARE Type: L8".
// cr.yp.to/ftp/list/binls.html and Apache Commons Net, NetwareFTPEntryParser: rights in brackets.
export const netware: ZooKind = {
  name: "NetWare 5",
  greeting: ["220 host FTP server (NetWare v5.00) ready."],
  system: "215 NETWARE Type: L8",
  list: netwareStyle,
  words: { loggedIn: "230 User %s logged in." },
  names: { foldsCase: true },
};
