import { unixStyle } from "../listing.ts";
import type { ZooKind } from "../kind.ts";
import { iisDos } from "./iis-dos.ts";

// learn.microsoft.com, <directoryBrowse showFlags="StyleUnix">: the same server prints `ls -l` with owner and group "owner".
export const iisUnix: ZooKind = {
  ...iisDos,
  name: "IIS 10, Unix listing",
  list: unixStyle({ owner: "owner", group: "group" }),
};
