import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// "220 DiskStation FTP server ready.": the greeting that scanners know it by (honeypots imitate it to the letter).
// kb.synology.com, FTP: smbftpd below; FXP off by default ("Enable FXP"), UTF-8 "Auto", no MLSD.
// smbftpd (BSD ftpd): "500 Illegal PORT range rejected."
export const synology: ZooKind = {
  name: "Synology DSM",
  greeting: ["220 DiskStation FTP server ready."],
  system: "215 UNIX Type: L8",
  features: ["AUTH TLS", "PBSZ", "PROT", "EPSV", "EPRT", "SIZE", "MDTM", "REST STREAM", "UTF8", "MFMT"],
  list: unixStyle({ owner: "tester", group: "users", total: "total 8" }),
  data: {
    foreignPort: "500 Illegal PORT range rejected.",
    foreignPeer: "425 Can't build data connection: Operation not permitted.",
  },
  files: { setsTimes: "MFMT" },
};
