import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// Reports on IIS and on Serv-U behind load balancers (FluentFTP issues, "426 Connection closed; transfer aborted" after all bytes):
// the balancer resets the data connection that has just been closed, and the server takes that for a failure.
export const late426: ZooKind = {
  name: "says 426 with all bytes stored",
  greeting: ["220 FTP server ready"],
  features: ["SIZE", "MDTM", "MLST type*;size*;modify*;", "REST STREAM", "EPSV", "EPRT", "MFMT", "UTF8"],
  list: unixStyle(),
  data: {
    done: {
      STOR: "426 Connection closed; transfer aborted.",
      RETR: "426 Connection closed; transfer aborted.",
    },
  },
  files: { setsTimes: "MFMT" },
};
