import fc from "fast-check";
import { expect, test } from "vitest";
import { featureParameters, hasFeature, parseFeatures } from "../../../src/ftp/features.ts";
import { ReplyParser } from "../../../src/ftp/reply.ts";

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9.*-]{0,9}$/);
const feature = fc.record({
  code: word.map((code) => code.toUpperCase()),
  parameters: fc.array(word, { maxLength: 4 }),
});

/** How servers write one feature: the leading blank, what is between parameters, and what ends them. */
const form = fc.record({
  lead: fc.constantFrom(" ", "  ", "\t", "211-", "211- "),
  between: fc.constantFrom(";", ",", " ", "; "),
  behind: fc.constantFrom("", ";", " ", "\t"),
});

const written = fc
  .record({
    features: fc.uniqueArray(feature, { maxLength: 8, selector: ({ code }) => code }),
    form,
    end: fc.constantFrom("\r\n", "\n"),
  })
  .map(({ features, form: { lead, between, behind }, end }) => {
    const lines = features.map(({ code, parameters }) =>
      parameters.length === 0 ? `${lead}${code}` : `${lead}${code} ${parameters.join(between)}${behind}`,
    );
    return { features, octets: Buffer.from(["211-Features:", ...lines, "211 End", ""].join(end)) };
  });

/** The features that come out of bytes in pieces, cut anywhere. */
function read(octets: Buffer, at: readonly number[]) {
  const places = [...new Set(at.map((one) => one % (octets.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...places].map((from, index) => octets.subarray(from, places[index] ?? octets.length));
  const parser = new ReplyParser();
  return pieces.flatMap((piece) => [...parser.push(piece)]).map(parseFeatures);
}

test("any cut of the same octets gives the same features, and each is what was written", () => {
  fc.assert(
    fc.property(written, fc.array(fc.nat(1_000), { maxLength: 12 }), ({ features, octets }, places) => {
      const whole = read(octets, []);
      expect(read(octets, places)).toEqual(whole);
      expect(whole).toHaveLength(1);
      const [told] = whole;
      if (told === undefined) return;
      expect([...told.lines.keys()]).toEqual(features.map(({ code }) => code));
      for (const { code, parameters } of features) expect(featureParameters(told, code)).toEqual(parameters);
    }),
  );
});

test("any text of any reply is features, and never an error", () => {
  const line = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 699 }),
      fc.array(line, { minLength: 1, maxLength: 8 }),
      line,
      (code, lines, asked) => {
        const features = parseFeatures({ code, lines });
        expect(features.areKnown).toBe(code >= 200 && code < 300);
        if (!features.areKnown) expect(features.lines.size).toBe(0);
        for (const key of features.lines.keys()) {
          expect(hasFeature(features, key.toLowerCase())).toBe(hasFeature(features, key));
          for (const one of featureParameters(features, key)) expect(one).not.toMatch(/[;,\s]/);
        }
        expect(Array.isArray(featureParameters(features, asked))).toBe(true);
      },
    ),
  );
});

test.each([
  ["blanks between parameters", `A B${" ".repeat(60_000)}C`],
  ["blanks and a line separator", `A${" ".repeat(60_000)}\u2028${" ".repeat(5_000)}B`],
])("%s are read in no time, however many", (_, line) => {
  const before = process.cpuUsage();
  expect([...parseFeatures({ code: 211, lines: ["", line, ""] }).lines.keys()]).toEqual(["A"]);
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000); // µs
});
