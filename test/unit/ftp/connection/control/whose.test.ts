import { describe, expect, test } from "vitest";
import { type Waiting, whoseReply } from "../../../../../src/ftp/connection/control/whose.ts";
import { ProtocolError } from "../../../../../src/ftp/errors.ts";
import type { Reply } from "../../../../../src/ftp/reply.ts";

/** `RETR+` has begun. */
const waiting = (commands: string): readonly Waiting[] =>
  commands
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => ({ command: { verb: word.replace("+", "") }, hasBegun: word.endsWith("+") }));
const reply = (text: string): Reply => ({ code: Number(text.slice(0, 3)), lines: [text.slice(4)] });

describe("a reply", () => {
  test.each([
    ["", "421 Timeout", { is: "farewell" }],
    ["", "425 Rejected data connection", { is: "turned-away" }],
    ["SIZE MDTM", "213 5", { is: "end", index: 0 }],
    ["NOOP", "421 Timeout", { is: "end", index: 0 }],
    ["RETR SIZE", "150 Opening", { is: "beginning", index: 0 }],
    ["RETR+ SIZE", "226 Done", { is: "end", index: 0 }],
    ["STOR+ SIZE MDTM", "213 5", { is: "inside", index: 1 }],
    ["STOR+ SIZE PASV", "227 (127,0,0,1,9,9)", { is: "inside", index: 2 }],
    ["STOR+ EPSV", "229 (|||5000|)", { is: "inside", index: 1 }],
    ["MLSD+ EPSV", "229 (|||5000|)", { is: "inside", index: 1 }],
    ["MLSD+ EPSV", "450 EPSV: data transfer in progress", { is: "inside", index: 1 }],
    ["LIST+ PASV", "450 EPSV: data transfer in progress", { is: "end", index: 0 }],
    ["MLSD+ EPSV", "450 Cannot list", { is: "end", index: 0 }],
    ["MLSD EPSV", "450 EPSV: data transfer in progress", { is: "end", index: 0 }],
    ["PORT STOR", "150 Opening", { is: "beginning", index: 1 }],
    ["PORT", "150 Opening", { is: "beginning", index: 0 }],
    ["PASV", "227 (127,0,0,1,9,9)", { is: "end", index: 0 }],
    ["STAT", "213 status", { is: "end", index: 0 }],
    ["RETR", "226 Done", { is: "end", index: 0 }],
  ] as const)("to %s: %s", (commands, text, whose) => {
    expect(whoseReply(waiting(commands), reply(text))).toEqual(whose);
  });

  test.each([
    ["", "200 yes", "unexpected reply"],
    ["", "226 Done", "unexpected reply"],
    ["SIZE MDTM", "150 Opening", "announces a transfer that has already ended"],
    ["PASV", "125 Opening", "announces a transfer that has already ended"],
    ["MDTM", "227 (127,0,0,1,9,9)", "unexpected reply to MDTM: 227"],
    ["RETR", "229 (|||5000|)", "unexpected reply to RETR: 229"],
  ])("that can be nobody's, to %s: %s", (commands, text, says) => {
    const read = () => whoseReply(waiting(commands), reply(text));
    expect(read).toThrow(ProtocolError);
    expect(read).toThrow(says);
  });
});
