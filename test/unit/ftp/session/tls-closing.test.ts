import { describe, expect, test } from "vitest";
import { closingOf, TlsClosing } from "../../../../src/ftp/session/tls-closing.ts";

const judged = (closes: boolean, ...ends: readonly boolean[]) => {
  const closing = new TlsClosing(closes);
  return ends.map((isClosed) => closing.ending(isClosed));
};

describe("a TLS data connection that ended", () => {
  test("with close_notify has brought all of the listing", () => {
    expect(judged(false, true, true)).toEqual(["whole", "whole"]);
  });
  test("without it was cut where the server's kind is known to send one", () => {
    expect(judged(true, false, false, false, false)).toEqual(["cut", "cut", "cut", "cut"]);
  });
  test("without it was cut where this server was seen to send one", () => {
    expect(judged(false, true, false, false, false, false)).toEqual(["whole", "cut", "cut", "cut", "cut"]);
  });
  test("without it each time, from a server of which nothing is known, tells nothing", () => {
    expect(judged(false, false, false, false, false)).toEqual(["cut", "cut", "unknown", "unknown"]);
  });
  test("with it after all shows that those which were believed before had been cut", () => {
    expect(judged(false, false, false, false, true, false, true)).toEqual([
      ...["cut", "cut", "unknown", "were-cut", "cut", "whole"],
    ]);
  });
  test("is remembered for the account, not for the connection", () => {
    expect(closingOf("a@host:21", false)).toBe(closingOf("a@host:21", false));
    expect(closingOf("a@host:21", false)).not.toBe(closingOf("b@host:21", false));
  });
});
