import { eplfStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// cr.yp.to/publicfile.html and cr.yp.to/ftp/list/eplf.html: anonymous, read-only, "502 …" to all that writes; no SIZE in old versions.
export const publicfile: ZooKind = {
  name: "publicfile (EPLF, read-only)",
  greeting: ["220 Features: a p ."],
  system: "215 UNIX Type: L8",
  lacks: ["STOR", "APPE", "DELE", "RMD", "MKD", "RNFR", "RNTO", "SIZE"],
  list: eplfStyle,
  words: {
    user: "230 Hi.",
    begins: "150 Making transfer connection...",
    done: "226 Success.",
    missing: "550 Sorry, I can't open that file: file does not exist.",
    noDirectory: "550 Sorry, I can't open that file: file does not exist.",
    unknown: "502 Unimplemented.",
  },
};
