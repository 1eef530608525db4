import { dosStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";
import { iisDos } from "./iis-dos.ts";

// learn.microsoft.com, <directoryBrowse showFlags="DisplayVirtualDirectories, LongDate">: four digits of the year. IIS 5 and
// 6 had no FEAT for SIZE (support.microsoft.com on "FTP service commands" lists SIZE and MDTM as commands nevertheless).
export const iisOld: ZooKind = {
  ...iisDos,
  name: "IIS 6, four-digit years",
  greeting: ["220-Microsoft FTP Service", "220 welcome"],
  features: ["SIZE", "MDTM"],
  habits: {},
  list: dosStyle(4),
};
