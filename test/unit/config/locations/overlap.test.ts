import { expect, test } from "vitest";
import { overlapsOf } from "../../../../src/config/locations/overlap.ts";

test.each<readonly string[]>([
  ["a:/x", "b:/x"],
  ["a:/x", "a:/xy", "a:/y"],
  ["a:/x", "a:x"],
  ["./x", "../x"],
  [".", "../x"],
  ["ftp://u@h/x", "ftp://v@h/x", "ftp://u@h:2121/x"],
])("are apart: %s, %s", (...targets) => {
  expect(overlapsOf(targets)).toEqual([]);
});

test.each([
  { targets: ["a:/x", "a:/x/"], message: "is the same as a:/x" },
  { targets: ["a:/x", "a:/y/../x/./z"], message: "is inside a:/x" },
  { targets: ["a:x/y", "a:"], message: "contains a:x/y" },
  { targets: ["./x", "./x/../x"], message: "is the same as ./x" },
  { targets: ["ftp://u:secret@h/x", "ftpes://u@h/x/y"], message: "is inside ftp://u@h/x" },
])("$targets: the second one $message", ({ targets, message }) => {
  expect(overlapsOf(targets)).toEqual([{ index: 1, message: `${message}; targets must not overlap` }]);
});
