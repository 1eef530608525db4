import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// LIST -a is not in RFC 959, and "-a" is then a pathname: 450, 501, 504 and 550 are all seen (Net::FTP and lftp
// `ftp:list-options` exist for it). This one says each in its turn.
const CODES = [
  "501 Bad parameter.",
  "450 -a: not found",
  "504 Not for this parameter.",
  "550 Invalid path -a",
];
export const refusesListA: ZooKind = {
  name: "refuses LIST -a in any code",
  greeting: ["220 FTP server ready"],
  features: ["SIZE", "MDTM", "REST STREAM"],
  list: unixStyle(),
  habits: { "LIST -a": (visit) => CODES[visit.times("-a") % CODES.length] ?? "" },
};
