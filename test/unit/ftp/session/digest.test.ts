import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Client } from "../../../../src/ftp/session/client.ts";
import { digestOf, digestsIn } from "../../../../src/ftp/session/digest.ts";
import { parseFeatures } from "../../../../src/ftp/features.ts";
import * as verbs from "../../../../src/ftp/session/verbs.ts";
import { scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";

const signal = new AbortController().signal;
const read = (verb: verbs.DigestVerb, argument: string, text: string) =>
  verbs.digest(verb, argument).read({ code: 250, lines: [text] });

describe("a digest in a reply", () => {
  test.each([
    ["DEADBEEF", "deadbeef"],
    ["DEADBEEF /a 0 1000000", "deadbeef"],
    ["/a 0 1000000 DEADBEEF", "deadbeef"],
    ["DEADBEEF /a 0 10000000", "deadbeef"],
    ["XCRC of a file: DEADBEEF", "deadbeef"],
    ["1A2B3C", "001a2b3c"],
    ["1A2B3C /a 0 1000000", "001a2b3c"],
    ["0", "00000000"],
  ])("%s is a CRC", (text, crc) => {
    const length = /10+$/.exec(text)?.[0] ?? "1000000";
    expect(read("XCRC", `/a 0 ${length}`, text)).toBe(crc);
  });

  test.each(["", "/a 0", "of /b: 1A2B3C, 5 octets, 7 ms", "DEADBEEF 01234567", "0123456789"])(
    "%j holds none that is certain",
    (text) => {
      expect(() => read("XCRC", "/a 0 10000000", text)).toThrow(/no digest in the reply: 250/);
    },
  );

  test("a digest other than a CRC has all its digits", () => {
    expect(() => read("XMD5", "/a", "1a2b3c")).toThrow(/no digest in/);
    expect(read("XMD5", "/a 0 5", `${"0F".repeat(16)} /a 0 5`)).toBe("0f".repeat(16));
  });

  const hexadecimal = (digits: number) =>
    fc.string({
      unit: fc.constantFrom(..."0123456789abcdefABCDEF"),
      minLength: digits,
      maxLength: digits,
    });
  const word = fc.oneof(
    fc.constantFrom("a", "dead", "0", "7", "name.part", "12345678", "DEADBEEF", "Übung"),
    hexadecimal(8),
  );
  const names = fc.array(word, { minLength: 1, maxLength: 4 }).map((all) => `/${all.join(" ")}`);
  const echoes = [
    (digest: string) => digest,
    (digest: string, asked: string) => `${digest} ${asked}`,
    (digest: string, asked: string) => `${asked} ${digest}`,
    (digest: string, asked: string) => `${asked.replaceAll('"', "")} ${digest}`,
    (digest: string, _: string, path: string) => `"${path}" ${digest}`,
    (digest: string, _: string, path: string) => `${digest} ${path}`,
    (digest: string, _asked: string, _path: string, range: string) => `${range} ${digest}`,
    (digest: string, _asked: string, _path: string, range: string) => `${digest} ${range}`,
  ] as const;

  test.each([
    ["XCRC", 8],
    ["XMD5", 32],
    ["XSHA512", 128],
  ] as const)("%s is found whatever of the question is said with it", (verb, digits) => {
    const cases = fc.record({
      path: names,
      length: fc.nat(2 ** 31 - 1),
      digest: hexadecimal(digits),
      echo: fc.constantFrom(...echoes),
      isQuoted: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ path, length, digest, echo, isQuoted }) => {
        const range = `0 ${length}`;
        const asked = `${isQuoted ? `"${path}"` : path} ${range}`;
        fc.pre(!asked.split(/[\s"/]+/).includes(digest));
        expect(read(verb, asked, echo(digest, asked, path, range))).toBe(digest.toLowerCase());
      }),
      { numRuns: 1_000 },
    );
  });
});

/** What is asked about a name by a server that takes X… commands. */
async function asked(
  features: readonly string[],
  path: string,
  length?: number,
): Promise<string | undefined> {
  const FEAT = ["211-Features", ...features.map((one) => ` ${one}`), "211 End"];
  const answers = { OPTS: "200 set", XMD5: `250 ${"0a".repeat(16)}`, MD5: `251 ${"0a".repeat(16)}` };
  const HASH = `213 MD5 0-5 ${"0a".repeat(16)} it`;
  const CKSM = `213 ${"0A".repeat(16)}`;
  await using server = await scriptedServer({ FEAT, ...answers, HASH, CKSM });
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  const extent = { sizeBytes: 9, ...(length === undefined ? {} : { length }) };
  expect(await digestOf(client, path, "MD5", extent, signal)).toBe("0a".repeat(16));
  return server.commands.findLast((line) => /^(X?MD5|HASH|CKSM)/.test(line));
}

describe("the question for a digest", () => {
  test.each([
    ["XMD5", "/plain", undefined, "XMD5 /plain"],
    ["XMD5", "/a b", undefined, "XMD5 /a b"],
    ["XMD5", "/a 5", undefined, 'XMD5 "/a 5"'],
    ["XMD5", "/a 0 5", undefined, 'XMD5 "/a 0 5"'],
    ["MD5", "/a 0 5", undefined, "MD5 /a 0 5"],
    ["HASH MD5", "/a 0 5", undefined, "HASH /a 0 5"],
    ["XMD5", "/plain", 7, "XMD5 /plain 0 7"],
    ["XMD5", "/a b", 7, 'XMD5 "/a b" 0 7'],
    ["XMD5", '/q"q \\ 5', 7, 'XMD5 "/q\\"q \\\\ 5" 0 7'],
    ["CKSM MD5:10,ADLER32:10", "/a 0 5", undefined, "CKSM MD5 0 -1 /a 0 5"],
    ["CKSM", "/a b", 7, "CKSM MD5 0 7 /a b"],
    ["CKSM SHA1:1;MD5:2;", "/a", 7, "CKSM MD5 0 7 /a"],
  ])("%s for %s, %s octets", async (feature, path, length, question) => {
    expect(await asked([feature], path, length)).toBe(question);
  });
});

test("CKSM offers the algorithms that it lists, of whole files and of beginnings", () => {
  const offered = (text: string) =>
    digestsIn(parseFeatures({ code: 211, lines: ["Features", ` ${text}`, "End"] }));
  expect(offered("CKSM ADLER32:10,SHA256:10,MD5:20")).toEqual([
    { algorithm: "SHA-256", ranges: true },
    { algorithm: "MD5", ranges: true },
  ]);
  expect(offered("CKSM ADLER32:10")).toEqual([]);
});
