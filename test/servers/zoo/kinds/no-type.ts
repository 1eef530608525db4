import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";

// The same with no TYPE at all: text mode is RFC 959's default, so nobody can know what it does with bytes.
export const noType: ZooKind = {
  name: "refuses TYPE I",
  greeting: ["220 FTP ready"],
  list: unixStyle(),
  habits: { "TYPE I": "504 Type not supported" },
};
