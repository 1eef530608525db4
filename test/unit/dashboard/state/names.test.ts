import { expect, test } from "vitest";
import { hrefOf, routeOf } from "../../../../src/dashboard/state/route.ts";
import { isolated, visible } from "../../../../src/dashboard/state/visible.ts";

test.each([
  "a/b",
  "100%",
  "%zz",
  "<script>",
  "\u0645\u0631\u062d\u0628\u0627",
  "\ud83d\ude80",
  "a#b?c",
  "ü".repeat(127),
])("a page's address holds a name as it is: %s", (name) => {
  expect(routeOf(hrefOf("job", name))).toEqual(["job", name]);
});

test("an address that nobody encoded is a page that does not exist, and no error", () => {
  expect(routeOf("#/job/100%")).toEqual(["job", "100%"]);
  expect(routeOf("#/%")).toEqual(["%"]);
  expect(routeOf("")).toEqual([""]);
});

test("characters that cannot be seen, or that turn the direction of a line, are shown by their numbers", () => {
  expect(visible("a\u202ecod.exe\n\u0007")).toBe("a\\u{202e}cod.exe\\u{a}\\u{7}");
  expect(visible("\u0645\u0631\u062d\u0628\u0627 \u00fc \ud83d\ude80 <b>")).toBe(
    "\u0645\u0631\u062d\u0628\u0627 \u00fc \ud83d\ude80 <b>",
  );
  expect(isolated("a\u2069b")).toBe("\u2068a\\u{2069}b\u2069");
});
