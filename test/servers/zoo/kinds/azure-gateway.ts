import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// AzureFtpServer (public source, FtpCommands/*.cs): RNFR answers 350 for whatever it is told and RNTO fails ("550 …") where the blob
// is not there; SIZE of a directory (a prefix) is refused; "226 … successful"; MDTM tells and never sets; Azure names keep their case.
export const azureGateway: ZooKind = {
  name: "gateway to blobs (RNFR of anything)",
  greeting: ["220 FTP to Windows Azure Blob Storage Bridge Ready"],
  system: "215 Windows_NT",
  features: ["SIZE", "MDTM", "UTF8"],
  lacks: ["REST", "APPE", "EPSV", "EPRT"],
  list: unixStyle({ owner: "owner", group: "group" }),
  habits: {
    RNFR: (visit, argument) => {
      visit.renaming = visit.path(argument) ?? "";
      return "350 Awaiting filename";
    },
  },
  words: { notRenamed: "550 %s does not exist" },
};
