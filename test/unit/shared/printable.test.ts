import { describe, expect, test } from "vitest";
import { jsonText, printable, safeJson } from "../../../src/shared/printable.ts";
import { HOSTILE, UNSEEN } from "../../support/foreign-text.ts";

describe("foreign text", () => {
  test("is shown with all written out that is not seen, or gives orders", () => {
    expect(printable(HOSTILE)).not.toMatch(UNSEEN);
    expect(printable("a\u001b[31m\u009b\u007f\u202e\u061c\u200b\u{e0041}\udcffz")).toBe(
      "a\\x1b[31m\\x9b\\x7f\\u202e\\u061c\\u200b\\u{e0041}\\xffz",
    );
  });

  test("that is harmless is shown as it is", () => {
    for (const text of ["plain", "naïve 名前 кириллица עברית عربي", "e\u0301", "😀"])
      expect(printable(text)).toBe(text);
  });

  test("is in JSON without any of that, and with the same value", () => {
    const value = { [HOSTILE]: [HOSTILE, "naïve 😀"], n: 1 };
    for (const indent of [undefined, 2]) {
      const text = jsonText(value, indent);
      expect(text.replaceAll("\n", "")).not.toMatch(UNSEEN);
      expect(JSON.parse(text)).toEqual(value);
    }
    expect(jsonText("naïve 😀")).toBe('"naïve 😀"');
    expect(safeJson('{"a":"\u202e"}\n')).toBe('{"a":"\\u202e"}\n');
  });
});
