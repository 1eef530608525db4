import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatExtendedPort,
  formatPort,
  type HostPort,
  parseExtendedPassive,
  parsePassive,
  usableHostPort,
} from "../../../src/ftp/address.ts";
import { CommandError, encode, redact } from "../../../src/ftp/command.ts";
import { AddressError, ProtocolError } from "../../../src/ftp/errors.ts";
import { joinPath, nameOf, parentOf, parseQuotedPath, refusalOfName } from "../../../src/ftp/pathname.ts";
import { formatTimeVal, parseTimeVal } from "../../../src/ftp/time-val.ts";

const hostPort = fc.record({ address: fc.ipV4(), port: fc.integer({ min: 1, max: 65_535 }) });
const words = fc.string({ maxLength: 20 }).filter((text) => !/[\d\r\n]/.test(text));

describe("host-ports", () => {
  test.each([
    ["Entering Passive Mode ( 127, 0, 0, 1, 4, 18)", { address: "127.0.0.1", port: 1042 }],
    ["Entering Passive Mode (127,0,0,1,4,18).", { address: "127.0.0.1", port: 1042 }],
    ["Entering Passive Mode. 127,0,0,1,4,18", { address: "127.0.0.1", port: 1042 }],
    ["Port 4 of 9,1,2: (127,0,0,1,4,18)", { address: "127.0.0.1", port: 1042 }],
  ])("227 %s", (text, hostPort) => {
    expect(parsePassive({ code: 227, lines: [text] })).toEqual(hostPort);
  });

  test.each(["Mode 1127,0,0,1,4,18", "Mode 9,127,0,0,1,4,18", "Mode 127,0,0,1,4,1888"])(
    "numbers that touch others are no host-port: 227 %s",
    (text) => {
      expect(() => parsePassive({ code: 227, lines: [text] })).toThrow("no address and port in the reply");
    },
  );

  test("what PORT says, a 227 says back, whatever stands around it", () => {
    fc.assert(
      fc.property(hostPort, words, words, (at: HostPort, before, behind) => {
        expect(parsePassive({ code: 227, lines: [`${before}${formatPort(at)}${behind}`] })).toEqual(at);
      }),
    );
  });

  test("a 229 gives the port for any delimiter, and an address where there is one", () => {
    const delimiter = fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(
        delimiter.filter((d) => !/[0-9A-Fa-f.:]/.test(d)),
        fc.integer({ min: 1, max: 65_535 }),
        (d, port) => {
          expect(parseExtendedPassive({ code: 229, lines: [`Entering (${d}${d}${d}${port}${d})`] })).toEqual({
            port,
          });
        },
      ),
    );
    expect(parseExtendedPassive({ code: 229, lines: ["x (|1|192.0.2.7|4000|)"] })).toEqual({
      address: "192.0.2.7",
      port: 4_000,
    });
  });

  test.each(["", "1,2,3,4,5", "1,2,3,4,5,256", "(1,2,3,4,999,1)"])(
    "a 227 with %j is no host-port",
    (text) => {
      expect(() => parsePassive({ code: 227, lines: [text] })).toThrow(ProtocolError);
    },
  );

  test("EPRT names the family", () => {
    expect(formatExtendedPort({ address: "192.0.2.1", port: 6_446 })).toBe("|1|192.0.2.1|6446|");
    expect(formatExtendedPort({ address: "2001:db8::1", port: 6_446 })).toBe("|2|2001:db8::1|6446|");
  });
});

describe("promise 7, no server sends us where it likes", () => {
  const policy = { peer: "198.51.100.7", allowed: ["203.0.113.9"] };

  test("only the peer's address and those that a person allowed are used", () => {
    fc.assert(
      fc.property(hostPort, (offered) => {
        try {
          expect([policy.peer, ...policy.allowed]).toContain(usableHostPort(offered, policy).address);
          expect(offered.port).toBeGreaterThanOrEqual(1_024);
        } catch (error) {
          expect(error).toBeInstanceOf(AddressError);
        }
      }),
    );
  });

  test.each(["0.0.0.0", "10.1.2.3", "192.168.0.1", "172.20.0.1", "127.0.0.1"])(
    "behind NAT, %s stands for the peer",
    (address) => {
      expect(usableHostPort({ address, port: 2_000 }, policy)).toEqual({ address: policy.peer, port: 2_000 });
    },
  );

  test.each([
    [{ address: "198.51.100.8", port: 2_000 }, policy],
    [{ address: "198.51.100.7", port: 1_023 }, policy],
    [
      { address: "10.0.0.9", port: 2_000 },
      { peer: "10.0.0.1", allowed: [] },
    ],
    [
      { address: "127.0.0.2", port: 2_000 },
      { peer: "127.0.0.1", allowed: [] },
    ],
  ])("%j is refused for %j", (offered, rules) => {
    expect(() => usableHostPort(offered, rules)).toThrow(AddressError);
  });
});

describe("commands", () => {
  const argument = fc.string({ unit: "binary", maxLength: 30 });

  test("one command is one line, or it is not sent", () => {
    fc.assert(
      fc.property(argument, fc.boolean(), (text, doubleIac) => {
        try {
          const line = encode({ verb: "RETR", argument: text }, doubleIac).toString("latin1");
          expect(line.endsWith("\r\n")).toBe(true);
          expect(line.slice(0, -2)).not.toMatch(/[\r\n\0]/);
        } catch (error) {
          expect(error).toBeInstanceOf(CommandError);
          expect(text).toMatch(/[\r\n\0]/);
        }
      }),
    );
  });

  test.each(["PASS", "ACCT", "pass"])("promise 6, the argument of %s is never shown", (verb) => {
    fc.assert(
      fc.property(fc.uuid(), (secret) => {
        expect(redact({ verb, argument: secret })).toBe(`${verb} ***`);
        expect(() => encode({ verb, argument: `${secret}\n` }, true)).toThrow(/^(?!.*-[0-9a-f]{4}-)/s);
      }),
    );
  });
});

describe("pathnames", () => {
  const name = fc
    .string({ unit: "binary", minLength: 1, maxLength: 12 })
    .filter((text) => refusalOfName(text) === undefined);

  test("a path falls apart into what it was made of", () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), name, (directories, last) => {
        const directory = `/${directories.join("/")}`;
        expect(parentOf(joinPath(directory, last))).toBe(directory);
        expect(nameOf(joinPath(directory, last))).toBe(last);
      }),
    );
  });

  test("a 257 gives the pathname back, quotes doubled", () => {
    fc.assert(
      fc.property(name, (path) => {
        const quoted = `"${path.replaceAll('"', '""')}"`;
        expect(parseQuotedPath({ code: 257, lines: [`${quoted} is the current directory`] })).toBe(path);
      }),
    );
  });

  test("quotes that are not doubled are read to the last one", () => {
    expect(parseQuotedPath({ code: 257, lines: ['"/a"b/c" is your current location'] })).toBe('/a"b/c');
  });
});

test("a time-val and a time say the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_799 }), (seconds) => {
      expect(parseTimeVal(formatTimeVal(seconds * 1_000))).toBe(seconds * 1_000);
    }),
  );
});
