import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// Novell and DOS file systems below Unix-like FTP servers, and ftpd on macOS: what is stored is found in any case, and lists in
// lower case (Linux vfat, mount option shortname=lower).
export const foldsCase: ZooKind = {
  name: "folds case (lower)",
  greeting: ["220 FTP server ready"],
  features: ["SIZE", "MDTM", "REST STREAM", "MFMT", "UTF8"],
  list: unixStyle(),
  files: { setsTimes: "MFMT" },
  names: { foldsCase: true, store: (name) => name.toLowerCase() },
};
