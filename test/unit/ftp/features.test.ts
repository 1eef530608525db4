import { describe, expect, test } from "vitest";
import {
  featureParameters,
  type Features,
  hasFeature,
  listsFacts,
  NO_FEATURES,
  parseFeatures,
} from "../../../src/ftp/features.ts";
import { ReplyParser } from "../../../src/ftp/reply.ts";

/** The features in a reply to FEAT, as its lines were sent. */
function featuresOf(...lines: readonly string[]): Features {
  const [reply] = new ReplyParser().push(Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
  if (reply === undefined) throw new Error("no whole reply");
  return parseFeatures(reply);
}

const codesOf = ({ lines }: Features) => [...lines.keys()];

/** As captured, of servers that offer TLS. */
const CAPTURED = {
  "vsftpd 3.0.3": [
    "211-Features:",
    " AUTH TLS",
    " EPRT",
    " EPSV",
    " MDTM",
    " PASV",
    " PBSZ",
    " PROT",
    " REST STREAM",
    " SIZE",
    " TVFS",
    "211 End",
  ],
  "ProFTPD 1.3.8": [
    "211-Features:",
    " AUTH TLS",
    " CCC",
    " CLNT",
    " CSID",
    " EPRT",
    " EPSV",
    " HASH CRC32;MD5;SHA-1*;SHA-256;SHA-512;",
    " HOST",
    " LANG en-US*",
    " MD5",
    " MDTM",
    " MFF modify;UNIX.group;UNIX.mode;",
    " MFMT",
    " MLST modify*;perm*;size*;type*;unique*;UNIX.group*;UNIX.groupname*;UNIX.mode*;UNIX.owner*;UNIX.ownername*;",
    " MODE Z",
    " PBSZ",
    " PROT",
    " RANG STREAM",
    " REST STREAM",
    " SITE COPY",
    " SITE MKDIR",
    " SITE RMDIR",
    " SITE SYMLINK",
    " SITE UTIME",
    " SIZE",
    " SSCN",
    " TVFS",
    " UTF8",
    " XCRC",
    " XMD5",
    " XSHA",
    " XSHA1",
    " XSHA256",
    " XSHA512",
    "211 End",
  ],
  "Pure-FTPd 1.0.50": [
    "211-Extensions supported:",
    " UTF8",
    " EPRT",
    " IDLE",
    " MDTM",
    " SIZE",
    " MFMT",
    " REST STREAM",
    " MLST type*;size*;sizd*;modify*;UNIX.mode*;UNIX.uid*;UNIX.gid*;unique*;",
    " MLSD",
    " PRET",
    " AUTH TLS",
    " PBSZ",
    " PROT",
    " TVFS",
    " ESTA",
    " PASV",
    " EPSV",
    " ESTP",
    "211 End.",
  ],
  "pyftpdlib 1.5.7": [
    "211-Features supported:",
    " AUTH SSL",
    " AUTH TLS",
    " EPRT",
    " EPSV",
    " MDTM",
    " MFMT",
    " MLST type*;perm*;size*;modify*;unique*;unix.mode;unix.uid;unix.gid;",
    " PBSZ",
    " PROT",
    " REST STREAM",
    " SIZE",
    " TVFS",
    " UTF8",
    "211 End FEAT.",
  ],
} as const;

describe("the FEAT of servers as they are", () => {
  test.each([
    ["vsftpd 3.0.3", "AUTH EPRT EPSV MDTM PASV PBSZ PROT REST SIZE TVFS"],
    [
      "ProFTPD 1.3.8",
      "AUTH CCC CLNT CSID EPRT EPSV HASH HOST LANG MD5 MDTM MFF MFMT MLST MODE PBSZ PROT RANG REST SITE SIZE SSCN TVFS UTF8 XCRC XMD5 XSHA XSHA1 XSHA256 XSHA512",
    ],
    [
      "Pure-FTPd 1.0.50",
      "UTF8 EPRT IDLE MDTM SIZE MFMT REST MLST MLSD PRET AUTH PBSZ PROT TVFS ESTA PASV EPSV ESTP",
    ],
    ["pyftpdlib 1.5.7", "AUTH EPRT EPSV MDTM MFMT MLST PBSZ PROT REST SIZE TVFS UTF8"],
  ] as const)("%s", (server, codes) => {
    const features = featuresOf(...CAPTURED[server]);
    expect(features.areKnown).toBe(true);
    expect(codesOf(features)).toEqual(codes.split(" "));
    expect(featureParameters(features, "REST")).toEqual(["STREAM"]);
    expect(featureParameters(features, "AUTH")).toContain("TLS");
    expect(listsFacts(features)).toBe(server !== "vsftpd 3.0.3");
  });

  test("ProFTPD names its digests, the one in use with an asterisk, and a SITE command per line", () => {
    const features = featuresOf(...CAPTURED["ProFTPD 1.3.8"]);
    expect(featureParameters(features, "HASH")).toEqual(["CRC32", "MD5", "SHA-1*", "SHA-256", "SHA-512"]);
    expect(featureParameters(features, "SITE")).toEqual(["COPY", "MKDIR", "RMDIR", "SYMLINK", "UTIME"]);
  });

  test("pyftpdlib gives AUTH twice", () => {
    const features = featuresOf(...CAPTURED["pyftpdlib 1.5.7"]);
    expect(featureParameters(features, "AUTH")).toEqual(["SSL", "TLS"]);
  });
});

describe("odd forms", () => {
  test("the code on each line, with and without a space behind it", () => {
    const features = featuresOf(
      "211-Extensions supported",
      "211-MDTM",
      "211- SIZE",
      "211-AUTH TLS",
      "211 End",
    );
    expect(codesOf(features)).toEqual(["MDTM", "SIZE", "AUTH"]);
    expect(featureParameters(features, "AUTH")).toEqual(["TLS"]);
  });

  test("a 211 of one line tells of no feature, and is an answer (RFC 2389 §3.2)", () => {
    const features = featuresOf("211 No features");
    expect(features).toEqual({ lines: new Map(), areKnown: true });
    expect(hasFeature(features, "No")).toBe(false);
  });

  test("a list without a feature is the same", () => {
    expect(featuresOf("211-Features:", "211 End")).toEqual({ lines: new Map(), areKnown: true });
  });

  test.each(["500 FEAT not understood", "502 Command not implemented.", "530 Please login", "421 Timeout."])(
    "%s tells nothing",
    (line) => {
      expect(featuresOf(line)).toEqual(NO_FEATURES);
    },
  );

  test("a refusal of several lines holds no feature", () => {
    expect(featuresOf("530-Please log in", " SIZE", "530 first")).toEqual(NO_FEATURES);
  });

  test("tabs, no blank, many blanks, and blanks behind", () => {
    const features = featuresOf(
      "211-Features:",
      "\tMDTM",
      "SIZE",
      "   REST\tSTREAM  ",
      " TVFS \t",
      "",
      "211 End",
    );
    expect(codesOf(features)).toEqual(["MDTM", "SIZE", "REST", "TVFS"]);
    expect(featureParameters(features, "REST")).toEqual(["STREAM"]);
    expect(featureParameters(features, "TVFS")).toEqual([]);
  });

  test("lower case is the same feature (RFC 2389 §2.1)", () => {
    const features = featuresOf("211-Features:", " mlst type*;size*;", " Auth ssl", " AUTH TLS", "211 End");
    expect(hasFeature(features, "MLST")).toBe(true);
    expect(hasFeature(features, "mlst")).toBe(true);
    expect(featureParameters(features, "AUTH")).toEqual(["ssl", "TLS"]);
  });

  test("AUTH with all its parameters in one line", () => {
    const features = featuresOf("211-Features:", " AUTH TLS;TLS-C;SSL;TLS-P;", "211 End");
    expect(featureParameters(features, "AUTH")).toEqual(["TLS", "TLS-C", "SSL", "TLS-P"]);
  });

  test("a parameter does not get lost behind one that stands alone", () => {
    const features = featuresOf("211-Features:", " AUTH", " AUTH TLS", "211 End");
    expect(featureParameters(features, "AUTH")).toEqual(["TLS"]);
  });

  test("DrFTPD puts commas between facts", () => {
    const features = featuresOf(
      "211-Extensions supported:",
      " MLST type,size,modify,x.crc32*",
      " PRET",
      "211 End",
    );
    expect(featureParameters(features, "MLST")).toEqual(["type", "size", "modify", "x.crc32*"]);
    expect(listsFacts(features)).toBe(true);
  });

  test("MLSD alone lists facts as well", () => {
    expect(listsFacts(featuresOf("211-Features:", " MLSD", "211 End"))).toBe(true);
    expect(listsFacts(featuresOf("211-Features:", " SIZE", "211 End"))).toBe(false);
  });

  test("other numbers in the list are text", () => {
    const features = featuresOf("211-Features:", " SIZE", "226 done", " MDTM", "211 End");
    expect(codesOf(features)).toEqual(["SIZE", "226", "MDTM"]);
  });

  test("names of JavaScript are features like any other", () => {
    const features = featuresOf("211-Features:", " __proto__ a", " constructor", "211 End");
    expect(hasFeature(features, "CONSTRUCTOR")).toBe(true);
    expect(hasFeature(features, "toString")).toBe(false);
  });

  test("a code that grows in upper case does not eat its parameter", () => {
    expect(featureParameters(featuresOf("211-Features:", " straße a b", "211 End"), "STRASSE")).toEqual([
      "a",
      "b",
    ]);
  });

  test("a feature that is not announced has no parameters", () => {
    expect(featureParameters(NO_FEATURES, "AUTH")).toEqual([]);
  });
});
