import fc from "fast-check";
import { expect, test } from "vitest";
import { parseNetrc } from "../../../../src/config/load/netrc.ts";

const entries = fc.array(
  fc.record(
    { machine: fc.string(), login: fc.string(), password: fc.string(), account: fc.string() },
    { requiredKeys: ["machine"] },
  ),
);

test("whatever the words are, quoted they come back", () => {
  const quoted = (word: string) => `"${word.replace(/["\\]/g, "\\$&")}"`;
  const space = fc.constantFrom(" ", "\n", "\t", "\r\n");
  fc.assert(
    fc.property(entries, space, (some, between) => {
      const words = some.flatMap((entry) =>
        Object.entries(entry).flatMap(([key, word]) => [key, quoted(word)]),
      );
      expect(parseNetrc(words.join(between))).toEqual(some);
    }),
  );
});

test("any text is read to its end", () => {
  const words = fc.array(
    fc.constantFrom("machine", "default", "macdef", "login", "#", '"', "\\", "\n", "\n\n", " ", "x"),
  );
  fc.assert(
    fc.property(words, (some) => {
      expect(parseNetrc(some.join("")).length).toBeLessThanOrEqual(some.length);
    }),
  );
});
