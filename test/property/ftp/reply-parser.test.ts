import fc from "fast-check";
import { expect, test } from "vitest";
import { ProtocolError } from "../../../src/ftp/errors.ts";
import { MAX_REPLY_LINE, MAX_REPLY_LINES, type Reply, ReplyParser } from "../../../src/ftp/reply.ts";
import { TelnetFilter } from "../../../src/ftp/connection/telnet.ts";
import { encodeText } from "../../../src/shared/octets.ts";

/** A line of reply text: anything but line ends, digits and hyphens where they hurt most. */
const text = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("226 done", "226-more", "211 ", " 220 x", "-", ""),
  )
  .filter((line) => !/[\r\n]|^1\d\d /.test(line) && !hasLoneSurrogate(line));

/** A whole reply and its bytes, as servers write it. */
const reply = fc
  .record({
    code: fc.integer({ min: 100, max: 699 }),
    lines: fc.array(text, { minLength: 1, maxLength: 6 }),
    end: fc.constantFrom("\r\n", "\n"),
  })
  .filter(({ code, lines }) => lines.slice(1, -1).every((line) => !line.startsWith(String(code))))
  .map(({ code, lines, end }) => {
    const last = lines.length - 1;
    const written = lines.map((line, index) => {
      if (index === last) return `${code} ${line}`;
      return index === 0 ? `${code}-${line}` : line;
    });
    return { reply: { code, lines } satisfies Reply, octets: encodeText(written.join(end) + end) };
  });

/** Bytes in pieces, cut anywhere. */
function cut(octets: Buffer, at: readonly number[]): readonly Buffer[] {
  const places = [...new Set(at.map((one) => one % (octets.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => octets.subarray(from, places[index] ?? octets.length));
}

test("any cut of the same octets gives the same replies, and each is what was written", () => {
  fc.assert(
    fc.property(
      fc.array(reply, { maxLength: 5 }),
      fc.array(fc.nat(10_000), { maxLength: 12 }),
      (replies, places) => {
        const parser = new ReplyParser();
        const octets = Buffer.concat(replies.map((one) => one.octets));
        const read = cut(octets, places).flatMap((piece) => [...parser.push(piece)]);
        expect(read).toEqual(replies.map((one) => one.reply));
        expect(parser.pendingOctets).toBe(0);
      },
    ),
  );
});

test("a server that repeats the code on every line is understood", () => {
  const [read] = new ReplyParser().push(Buffer.from("211-Features\r\n211-MDTM\r\n211-SIZE\r\n211 End\r\n"));
  expect(read).toEqual({ code: 211, lines: ["Features", "MDTM", "SIZE", "End"] });
});

test("a refusal that goes on to a 1yz is that 1yz, and what follows is a reply of its own; anywhere else it is text", () => {
  const read = (...lines: readonly string[]) => [
    ...new ReplyParser().push(Buffer.from(lines.map((line) => `${line}\r\n`).join(""))),
  ];
  expect(read("553- X-DUPE: a.iso", "550", "553-", "150 Opening", "226- [Ul]", "226 done")).toEqual([
    { code: 150, lines: [" X-DUPE: a.iso", "550", "", "Opening"] },
    { code: 226, lines: [" [Ul]", "done"] },
  ]);
  expect(read("553-no", "150 dupes", "553 denied").map(({ code }) => code)).toEqual([150, 553]);
  expect(read("553-no", "150", "1500 files", "226 x", "553 denied").map(({ code }) => code)).toEqual([553]);
  expect(read("230-hello", "150 users", "230 in").map(({ code }) => code)).toEqual([230]);
});

test("a code without a text is a reply", () => {
  expect([...new ReplyParser().push(Buffer.from("220\r\n"))]).toEqual([{ code: 220, lines: [""] }]);
});

test("arbitrary octets are replies or a ProtocolError, nothing else", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 6 }), (chunks) => {
      const parser = new ReplyParser();
      try {
        for (const chunk of chunks)
          for (const one of parser.push(chunk)) expect(one.lines.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
  );
});

test.each([
  ["a line", () => Buffer.alloc(MAX_REPLY_LINE + 2, "x")],
  ["a reply", () => Buffer.from(`220-${"\r\n".repeat(MAX_REPLY_LINES + 2)}`)],
])("%s without end is an error", (_, octets) => {
  expect(() => [...new ReplyParser().push(octets())]).toThrow(ProtocolError);
});

test("Telnet is taken out and refused, wherever the octets are cut", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 8 }).map((octets) => octets.map((octet) => octet % 240)),
    fc
      .constantFrom([255, 251, 1], [255, 253, 3], [255, 254, 6], [255, 255], [255, 242], [255, 65])
      .map((o) => Uint8Array.from(o)),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }),
      fc.array(fc.nat(100), { maxLength: 8 }),
      (pieces, places) => {
        const octets = Buffer.concat(pieces);
        const whole = new TelnetFilter().push(octets);
        const filter = new TelnetFilter();
        const parts = cut(octets, places).map((one) => filter.push(one));
        expect(Buffer.concat(parts.map((part) => part.text))).toEqual(Buffer.from(whole.text));
        expect(Buffer.concat(parts.map((part) => part.answer))).toEqual(Buffer.from(whole.answer));
      },
    ),
  );
  expect(new TelnetFilter().push(Buffer.from([255, 251, 1, 65, 255, 253, 3, 255, 255])).answer).toEqual(
    Uint8Array.from([255, 254, 1, 255, 252, 3]),
  );
});

function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}
