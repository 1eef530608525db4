import { expect, test } from "vitest";
import { UTF8_NAMES } from "../../../../../src/ftp/charset/name-codec.ts";
import { ReplyReader } from "../../../../../src/ftp/connection/control/reply-reader.ts";
import type { Reply } from "../../../../../src/ftp/reply.ts";

function reader() {
  const received: Reply[] = [];
  const answers: Buffer[] = [];
  const faults: unknown[] = [];
  const replies = new ReplyReader({
    names: UTF8_NAMES,
    received: (reply) => void received.push(reply),
    answer: (octets) => void answers.push(octets),
    failed: (error) => void faults.push(error),
    replyMs: () => 60_000,
  });
  return { replies, received, answers, faults };
}

test("half a Telnet command that came in clear swallows nothing of what comes through TLS", () => {
  const { replies, received, faults } = reader();
  replies.push(Buffer.from("234 begin\r\n\xff", "latin1"));
  replies.startAnew();
  replies.push(Buffer.from("200 PBSZ 0\r\n"));
  replies.stop();
  expect(faults).toEqual([]);
  expect(received).toEqual([
    { code: 234, lines: ["begin"] },
    { code: 200, lines: ["PBSZ 0"] },
  ]);
});

test("half a line that came in clear is no beginning of what comes through TLS", () => {
  const { replies, received } = reader();
  replies.push(Buffer.from("234 begin\r\n230-wel"));
  expect(replies.pendingOctets).toBe(7);
  replies.startAnew();
  expect(replies.pendingOctets).toBe(0);
  replies.push(Buffer.from("200 PBSZ 0\r\n"));
  replies.stop();
  expect(received.at(-1)).toEqual({ code: 200, lines: ["PBSZ 0"] });
});

test("options are refused, and what is around them is read", () => {
  const { replies, received, answers } = reader();
  replies.push(Buffer.from("220 a\xff\xfd\x03b\r\n", "latin1"));
  replies.stop();
  expect(received).toEqual([{ code: 220, lines: ["ab"] }]);
  expect(answers).toEqual([Buffer.from([255, 252, 3])]);
});
