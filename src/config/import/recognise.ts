import { parseFilezilla } from "./filezilla.ts";
import { parseFlashfxp } from "./flashfxp.ts";
import { type Imported, ImportError, type ImportFormat } from "./imported.ts";
import { isCronLine, type LftpContext, parseBookmarks, parseLftp, RUNS_LFTP } from "./lftp/files.ts";
import { parseNetrcHosts } from "./netrc-hosts.ts";
import { parseRclone } from "./rclone.ts";
import { parseWinscp } from "./winscp.ts";

const LFTP =
  /^[ \t]*(open|connect|mirror|lcd|mget|mput|set[ \t]+(ftp|net|ssl|mirror|cmd|xfer):?\S*)[ \t]|\blftp[ \t]+(-|ftp)/m;

/** What a file is, by its content; undefined for one of no kind that is known. */
export function recognise(text: string): ImportFormat | undefined {
  const lines = text.replace(/^\ufeff/, "").split("\n");
  const first = lines.find((line) => !/^\s*([#;].*)?$/.test(line)) ?? "";
  if (/^\s*</.test(first)) return "filezilla";
  if (/^\[Sessions\\/m.test(text)) return "winscp";
  if (/^RCLONE_ENCRYPT_V/.test(first)) return "rclone";
  if (/^\s*\[.*\]/.test(first)) {
    if (/^\s*type\s*=/im.test(text)) return "rclone";
    if (/^\s*ip\s*=/im.test(text)) return "flashfxp";
  }
  if (/^[^\t\s]+\t[a-z]+:\/\/\S+\s*$/.test(first)) return "lftp-bookmarks";
  if (/^\s*(machine\s+\S|default\b|macdef\s)/.test(first)) return "netrc";
  return /^#!.*\blftp\b/.test(text) || LFTP.test(text) || RUNS_LFTP.test(text) || lines.some(isCronLine)
    ? "lftp"
    : undefined;
}

/** Reads a file of another program. @throws ImportError */
export function readForeign(text: string, format: ImportFormat, context: LftpContext): Imported {
  switch (format) {
    case "filezilla":
      return parseFilezilla(text);
    case "winscp":
      return parseWinscp(text);
    case "rclone":
      return parseRclone(text);
    case "flashfxp":
      return parseFlashfxp(text);
    case "netrc":
      return parseNetrcHosts(text);
    case "lftp-bookmarks":
      return parseBookmarks(text);
    case "lftp":
      return parseLftp(text, context);
  }
}

/** The format of a text. @throws ImportError where it is of none */
export function formatOf(text: string, given: ImportFormat | undefined): ImportFormat {
  const format = given ?? recognise(text);
  if (format !== undefined) return format;
  throw new ImportError(
    "not recognised as a file of FileZilla, WinSCP, rclone, lftp, netrc or FlashFXP; if it is one, name its format with --format",
  );
}
