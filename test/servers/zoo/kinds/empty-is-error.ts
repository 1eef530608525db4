import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// Nobody's RFC: an empty directory is an error. "550 No files found", "450 No matching files": wu-ftpd's NLST, many appliances;
// this one says it in words of its own, so that no list of words can know it.
export const emptyIsError: ZooKind = {
  name: "an empty directory is an error",
  greeting: ["220 FTP server ready"],
  features: ["SIZE", "MDTM", "REST STREAM", "MFMT"],
  list: unixStyle(),
  files: { emptyDirectory: "550 Nichts da", setsTimes: "MFMT" },
};
