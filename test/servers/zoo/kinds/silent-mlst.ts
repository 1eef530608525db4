import { unixStyle } from "../listing.ts";
import { HANGS, type ZooKind } from "../kind.ts";

// Reports on public trackers (lftp "MLST hangs", FileZilla forum "connection timed out after MLSD"): middle boxes and servers that
// announce MLST, take the command, and say nothing more on this connection.
export const silentMlst: ZooKind = {
  name: "announces MLST, never answers it",
  greeting: ["220 FTP server ready"],
  features: ["SIZE", "MDTM", "MLST type*;size*;modify*;", "REST STREAM", "EPSV", "EPRT", "UTF8"],
  list: unixStyle(),
  habits: { MLST: HANGS, MLSD: HANGS },
};
