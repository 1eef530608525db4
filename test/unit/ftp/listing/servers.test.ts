import { expect, test } from "vitest";
import type { ListingEntry } from "../../../../src/ftp/listing/entry.ts";
import { createListingReader, listingInStatus } from "../../../../src/ftp/listing/list.ts";
import { ReplyParser } from "../../../../src/ftp/reply.ts";
import { decodeText } from "../../../../src/shared/octets.ts";
import { fixture, NOW_MS, readListing } from "./read.ts";

const NOVEMBER = Date.UTC(2026, 10, 20, 2, 36);
const LATIN = decodeText(Buffer.from("latin-\xe9", "latin1"));

function file(name: string, sizeBytes: number, permissions = 0o644) {
  return { name, kind: "file", sizeBytes, permissions, atMs: NOVEMBER };
}
function directory(name: string, permissions = 0o755) {
  return { name, kind: "directory", permissions, atMs: Date.UTC(2026, 9, 5) };
}
function link(name: string, linkTarget: string) {
  return { name, kind: "link", linkTarget, permissions: 0o777, atMs: NOW_MS };
}

/** What lay in the directory when the listings were captured. */
const TREE = [
  file("  two spaces", 12),
  directory(" leading directory"),
  file(" leading space", 14),
  file("-rf", 3),
  file(".hidden", 7),
  file("Nov 21 02:36 inside", 19),
  file("a -> b", 6),
  link("arrow -> link", "x -> y"),
  file("at@", 3),
  file("back\\slash", 10),
  link("dangling", "/nowhere at all"),
  directory("directory", 0o1777),
  { ...file("large", 5_368_709_120), atMs: Date.UTC(2023, 10, 14) },
  file(LATIN, 7),
  link("link", "plain"),
  link("link to directory", "directory"),
  file("naïve 名前 😀", 11),
  file("no rights", 1, 0),
  { ...file("old", 3), atMs: Date.UTC(2003, 1, 4) },
  { name: "pipe", kind: "other", permissions: 0o644, atMs: NOW_MS },
  file("plain", 5),
  file('quo"te', 6),
  file("set-id", 6, 0o6755),
  file("star*", 5),
  file("total 12", 8),
  file("trailing space ", 15),
];

const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);

/** Without owners, which differ from server to server. */
function plainly({ modified, owner: _owner, group: _group, unique: _unique, ...entry }: ListingEntry) {
  return { ...entry, atMs: modified?.atMs };
}

const servers = [
  { server: "vsftpd-3.0.3", list: "list-a", hides: /$^/, owner: "0", group: "0" },
  { server: "proftpd-1.3.8", list: "list-a", hides: /$^/, owner: "0", group: "0" },
  { server: "pure-ftpd-1.0.50", list: "list-a", hides: /^pipe$/, owner: "0", group: "root" },
  { server: "pyftpdlib-1.5.7", list: "list", hides: /$^/, owner: "root", group: "root" },
];

function seenBy(server: string, hides: RegExp) {
  const tree = TREE.filter(({ name }) => !hides.test(name));
  // A name that is no UTF-8 comes out of pyftpdlib with a question mark.
  return server.startsWith("pyftpdlib")
    ? tree.map((entry) => (entry.name === LATIN ? { ...entry, name: "latin-?" } : entry))
    : tree;
}

test.each(servers)("LIST of $server", ({ server, list, hides, owner, group }) => {
  const { entries, misread, sawDots } = readListing(fixture(`${server}-${list}`));
  expect(misread).toBeUndefined();
  expect(sawDots).toBe(list === "list-a");
  expect(entries.map(plainly).sort(byName)).toEqual([...seenBy(server, hides)].sort(byName));
  for (const entry of entries) {
    expect(entry).toMatchObject({ owner, group });
    const isOld = entry.name === "old" || entry.name === "large";
    expect(entry.modified).toMatchObject({ precision: isOld ? "day" : "minute", zone: "unknown" });
  }
});

test.each(servers)("STAT of $server has the same in it as LIST", ({ server, list }) => {
  const [reply] = new ReplyParser().push(fixture(`${server}-stat`));
  if (reply === undefined) throw new Error("no reply");
  const { entries, misread } = readListing(listingInStatus(reply));
  expect(misread).toBeUndefined();
  // Pure-FTPd hides dot names from STAT.
  const listed = readListing(fixture(`${server}-${list}`)).entries;
  const shown = server.startsWith("pure") ? listed.filter(({ name }) => name !== ".hidden") : listed;
  expect(entries).toEqual(shown);
});

test("MLSD of ProFTPD: facts to the second, links without a target", () => {
  const { entries, misread, sawDots } = readListing(fixture("proftpd-1.3.8-mlsd"), "mlsd");
  expect(misread).toBeUndefined();
  expect(sawDots).toBe(true);
  const left = /^(dangling|arrow -> link)$/; // the server leaves out what leads nowhere
  expect(entries.map(({ name }) => name).sort()).toEqual(
    TREE.map(({ name }) => name)
      .filter((name) => !left.test(name))
      .sort(),
  );
  const named = new Map(entries.map((entry) => [entry.name, entry]));
  expect(named.get("set-id")).toEqual({
    name: "set-id",
    kind: "file",
    sizeBytes: 6,
    modified: { atMs: NOVEMBER + 7_000, precision: "second", zone: "utc" },
    permissions: 0o6755,
    owner: "mirror",
    group: "nogroup",
    unique: "FE00U20E639",
  });
  expect(named.get("no rights")).toMatchObject({ permissions: 0 });
  expect(named.get("link")).toMatchObject({ kind: "link" });
  expect(named.get("link")).not.toHaveProperty("linkTarget");
  expect(named.get("link")).not.toHaveProperty("sizeBytes");
});

test("MLSD of Pure-FTPd: every name, links without a target, a pipe of unknown type", () => {
  const { entries, misread, sawDots } = readListing(fixture("pure-ftpd-1.0.50-mlsd"), "mlsd");
  expect(misread).toBeUndefined();
  expect(sawDots).toBe(true);
  expect(entries.map(({ name }) => name).sort()).toEqual(TREE.map(({ name }) => name).sort());
  const kinds = new Map(entries.map(({ name, kind }) => [name, kind]));
  expect(kinds.get("dangling")).toBe("link");
  expect(kinds.get("pipe")).toBe("unknown");
  expect(kinds.get(" leading directory")).toBe("directory");
});

test("MLSD of pyftpdlib: links stand for what they lead to, and have its identity", () => {
  const { entries, misread, sawDots } = readListing(fixture("pyftpdlib-1.5.7-mlsd"), "mlsd");
  expect(misread).toBeUndefined();
  expect(sawDots).toBe(false);
  const named = new Map(entries.map((entry) => [entry.name, entry]));
  expect(named.get("link")).toMatchObject({ kind: "file", sizeBytes: 5, unique: "fe00g20e666" });
  expect(named.get("plain")).toMatchObject({ kind: "file", sizeBytes: 5, unique: "fe00g20e666" });
  expect(named.get("directory")).not.toHaveProperty("sizeBytes");
});

test.each([
  "vsftpd-3.0.3-list-a",
  "pyftpdlib-1.5.7-list",
  "iis-documented-list",
  "openvms-documented-list",
  "eplf-documented-list",
])("%s comes out the same octet by octet", (name) => {
  const whole = readListing(fixture(name)).entries;
  const reader = createListingReader({ nowMs: NOW_MS, format: "list" });
  const entries = [...fixture(name)].flatMap((octet) => [...reader.push(Buffer.of(octet))]);
  expect([...entries, ...reader.end()]).toEqual(whole);
  expect(reader.misread).toBeUndefined();
});
