import { expect, test } from "vitest";
import {
  localNameFor,
  lowered,
  mapped,
  receivedName,
  translated,
} from "../../../../src/console/grammar/names.ts";
import { newSession } from "../../../../src/console/session.ts";

test.each([
  ["myfile.data", "myfile.data"],
  ["myfile.data.old", "myfile.data"],
  ["myfile", "myfile.file"],
  [".myfile", "myfile.myfile"],
])("nmap $1.$2.$3 [$1,$2].[$2,file] makes of %s, as the manual says, %s", (name, expected) => {
  expect(mapped(name, { from: "$1.$2.$3", to: "[$1,$2].[$2,file]" })).toBe(expected);
});

test("nmap has $0 for the whole name, and a backslash for what means itself", () => {
  expect(mapped("a.txt", { from: "$1.txt", to: "$0-\\$1-$1" })).toBe("a.txt-$1-a");
});

test("nmap with a bracket that is not closed says so", () => {
  expect(() => mapped("a", { from: "$1", to: "[$1" })).toThrow("not closed");
});

test("ntrans exchanges characters, and leaves out those that have no other", () => {
  expect(translated("a b:c", { from: " :", to: "_" })).toBe("a_bc");
});

test("case lowers only names that are all in upper case", () => {
  expect(lowered("README.TXT")).toBe("readme.txt");
  expect(lowered("ReadMe.TXT")).toBe("ReadMe.TXT");
});

test("a received name goes through case, then ntrans, then nmap", () => {
  const session = newSession();
  const all = {
    ...session,
    toggles: { ...session.toggles, case: true },
    ntrans: { from: "_", to: "-" },
    nmap: { from: "$1.$2", to: "$1-lower.$2" },
  };
  expect(receivedName("A_B.TXT", all)).toBe("a-b-lower.txt");
});

test.each(["|sh", "-rf", "..", "x/..", "a\nb"])("%j from a server is no local name", (name) => {
  expect(() => localNameFor(name, newSession())).toThrow("not used as a local name");
});
