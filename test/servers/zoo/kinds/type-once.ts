import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// Small embedded servers (uIP, lwIP ftpd ports) know TYPE once and refuse it afterwards, or have no TYPE at all and are always
// binary. This one refuses TYPE I each time but the first of a connection.
export const typeOnce: ZooKind = {
  name: "TYPE I only once",
  greeting: ["220 lwIP FTP ready"],
  list: unixStyle(),
  habits: {
    TYPE: (visit) =>
      visit.times("TYPE") === 0 ? undefined : "504 Command not implemented for that parameter.",
  },
};
