import { describe, expect, test } from "vitest";
import { retryOf } from "../../../src/ftp/errors.ts";
import { saysCut, saysEmpty, saysFull } from "../../../src/ftp/quirks.ts";
import { replyOf } from "../../support/replies.ts";

/** Replies of servers that have no room. */
const FULL: readonly (readonly [server: string, verb: string, reply: string])[] = [
  ["RFC 959", "STOR", "452 Insufficient storage space."],
  ["RFC 959", "STOR", "552 Exceeded storage allocation."],
  ["vsftpd", "STOR", "451 Failure writing to local file."],
  ["ProFTPD", "STOR", "451 Transfer aborted. No space left on device"],
  ["ProFTPD", "APPE", "552 Transfer aborted. Disk quota exceeded"],
  ["Pure-FTPd", "STOR", "552 Disk full - please upload later"],
  ["pyftpdlib", "STOR", "426 No space left on device; transfer aborted."],
  ["Serv-U", "STOR", "426 Data connection closed, cannot write file a.iso - disk full?"],
  ["Serv-U", "STOR", "452 Sorry, insufficient disk quota - receive file a.iso aborted."],
  ["Serv-U", "ALLO", "501 Not enough space, only 4096 Bytes available on drive C:"],
  ["IIS", "STOR", "550 There is not enough space on the disk. "],
  ["glFTPd", "STOR", "553 a.iso: out of disk space"],
  ["ProFTPD", "MKD", "550 pub: No space left on device"],
];

describe("a target that is full", () => {
  test.each(FULL)("is told by %s: %s: %s", (_server, verb, text) => {
    expect(saysFull(replyOf(text))).toBe(true);
    // It may get room.
    expect(retryOf(verb, replyOf(text))).toBe("later");
  });

  test.each([
    "550 quota.txt: Permission denied",
    "550 disk full.txt: No such file or directory",
    "550 quota/a: Is a directory",
    "553 Could not create file.",
    "552 Transfer aborted. File too large",
    "426 Data connection closed, transfer aborted.",
  ])("is not told by %s", (text) => {
    expect(saysFull(replyOf(text))).toBe(false);
  });
});

describe("promise 4, what is not known to be empty is not empty", () => {
  test.each([
    "550 No files found.",
    "450 No files found",
    "550 No such file or directory found",
    "450 /pub: directory is empty",
  ])("%s tells of an empty directory", (text) => {
    expect(saysEmpty(replyOf(text))).toBe(true);
  });

  test.each([
    "550 No such file or directory.",
    "550 empty: No such file or directory",
    "550 /no files: Permission denied",
    "450 LIST: Permission denied",
    "550 Failed to open directory.",
    "550 The directory empty does not exist",
    "426 No files found, connection closed",
  ])("%s does not", (text) => {
    expect(saysEmpty(replyOf(text))).toBe(false);
  });
});

describe("a listing that the server has cut", () => {
  test.each([
    "226-Options: -a -l 226 Output truncated to 10000 matches",
    "226 Listing incomplete.",
    "250 Transfer complete (directory listing truncated)",
    "226 Not all files are listed.",
    "226 Too many entries.",
    "226 Directory contents truncated",
  ])("is told by: %s", (words) => {
    expect(saysCut(words)).toBe(true);
  });

  test.each([
    "226 Transfer complete.",
    "226-[INCOMPLETE] 12 of 40 files 226 Transfer complete.",
    "226 Directory send OK.",
    "226 The last upload was incomplete.",
  ])("is not told by: %s", (words) => {
    expect(saysCut(words)).toBe(false);
  });
});
