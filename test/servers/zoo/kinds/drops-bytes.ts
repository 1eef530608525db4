import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// Seven-bit servers of appliances, and BSD ftpd built without 8-bit input (`yylex` masks with 0177): bytes from 0x80 on and
// quotes are taken out of names without a word, in every command alike.
export const dropsBytes: ZooKind = {
  name: "drops bytes of names",
  greeting: ["220 FTP server ready"],
  features: ["SIZE", "MDTM", "REST STREAM", "MFMT"],
  list: unixStyle(),
  files: { setsTimes: "MFMT" },
  names: { store: (name) => name.replace(/[^\u0020-\u007e]|"/g, "") || undefined },
};
