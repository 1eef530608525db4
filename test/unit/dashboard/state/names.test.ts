import { expect, test } from "vitest";
import { parseBlocks } from "../../../../src/dashboard/state/event-blocks.ts";
import { hrefOf, routeOf } from "../../../../src/dashboard/state/route.ts";
import { isolated, shownJson, visible } from "../../../../src/dashboard/state/visible.ts";

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

test("whatever the API says, a name in it can turn or hide nothing, and lines stay lines", () => {
  const names = ["\u202egpj.exe", "bell\u0007", "del\u007f", "tab\there", "a\u2066b", "back\\u0041"];
  const answer = {
    files: names.map((path) => ({ path, lines: [{ text: `STOR ${path}` }] })),
    because: "one\ntwo",
  };
  const shown = shownJson(JSON.stringify(answer)) as typeof answer;
  expect(shown.files.map(({ path }) => path)).toEqual([
    ...["\\u{202e}gpj.exe", "bell\\u{7}", "del\\u{7f}", "tab\\u{9}here", "a\\u{2066}b", "back\\u0041"],
  ]);
  expect(shown.files[0]?.lines[0]?.text).toBe("STOR \\u{202e}gpj.exe");
  expect(shown.because).toBe("one\ntwo");
  const { events } = parseBlocks([`event: log\ndata: ${JSON.stringify({ target: names[0] })}`]);
  expect(events).toEqual([{ event: "log", data: { target: "\\u{202e}gpj.exe" } }]);
});
