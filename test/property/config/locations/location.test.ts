import fc from "fast-check";
import { expect, test } from "vitest";
import { urlHostFile } from "../../../../src/config/load/host-settings.ts";
import {
  formatLocation,
  type Location,
  parseLocation,
  withoutPassword,
} from "../../../../src/config/locations/location.ts";
import { ConfigError, messageOf } from "../../../../src/shared/errors.ts";
import { decodeText } from "../../../../src/shared/octets.ts";

/** Names as servers have them: any byte but CR, LF and NUL. */
const path = fc
  .array(fc.integer({ min: 1, max: 255 }).filter((octet) => octet !== 10 && octet !== 13))
  .map((octets) => decodeText(Uint8Array.from(octets)));
const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,9}$/);
const user = path.filter((text) => text !== "");

const urls = fc.record(
  {
    kind: fc.constant("url" as const),
    scheme: fc.constantFrom("ftp" as const, "ftpes" as const, "ftps" as const),
    user,
    address: fc.oneof(word, fc.ipV4(), fc.ipV6()),
    port: fc.integer({ min: 1, max: 65_535 }),
    path,
  },
  { requiredKeys: ["kind", "scheme", "address", "path"] },
);
const hosts = fc.record({ kind: fc.constant("host" as const), host: word, path });
const locals = fc.record({ kind: fc.constant("local" as const), path: path.map((text) => `/${text}`) });

test("a location that is shown and parsed again is the same", () => {
  fc.assert(
    fc.property(fc.oneof(urls, hosts, locals), (location: Location) => {
      // Nobody can have a host by the name of a scheme and a path that begins with two slashes.
      fc.pre(location.kind !== "host" || !location.path.startsWith("//"));
      expect(parseLocation(formatLocation(location))).toEqual(location);
    }),
    { numRuns: 500 },
  );
});

test("every URL is a host's settings", () => {
  fc.assert(
    fc.property(urls, (location) => {
      const shown = parseLocation(formatLocation(location));
      expect(shown.kind === "url" && urlHostFile(shown)).toMatchObject({ address: location.address });
    }),
  );
});

test("a path of any octets, percent-encoded, comes out as those octets, wildcards as letters", () => {
  const octets = fc.uint8Array().filter((some) => !some.some((octet) => [0, 10, 13].includes(octet)));
  fc.assert(
    fc.property(octets, (some) => {
      const encoded = [...some].map((octet) => `%${octet.toString(16).padStart(2, "0")}`).join("");
      const escaped = decodeText(some).replace(/[*?[\]{}\\]/g, "\\$&");
      expect(parseLocation(`ftp://h/${encoded}`).path).toBe(escaped);
    }),
  );
});

test("whatever is parsed gives a location or one sentence", () => {
  const almost = fc
    .array(
      fc.constantFrom(
        "ftp",
        "://",
        ":",
        "/",
        "@",
        "h",
        "[",
        "]",
        "::1",
        "%",
        "%2A",
        "%0D",
        "\\",
        "*",
        "21",
        ".",
      ),
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(fc.string(), almost), (text) => {
      try {
        const shown = formatLocation(parseLocation(text));
        expect(formatLocation(parseLocation(shown))).toBe(shown);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a password is in no message and in no location that is shown", () => {
  const rest = fc.oneof(
    fc.constantFrom("@h/x", "@h:0/x", "@h/%zz", "@[::1/x", "@/x", "@h/%0D", "@", ""),
    fc.string(),
  );
  const letters = ["/", ":", "%", "[", "]", "?", "#", "é", "\n", "*"];
  const mess = fc.string({ unit: fc.constantFrom(...letters), maxLength: 6 });
  const place = fc.tuple(
    fc.constantFrom("ftp", "ftps", "sftp", "x"),
    fc.constantFrom("me", "a@b", "", "c d"),
    rest,
  );
  fc.assert(
    fc.property(place, mess, mess, ([scheme, name, end], before, after) => {
      const text = `${scheme}://${name}:${before}hunter2${after}${end}`;
      expect(withoutPassword(text)).not.toContain("hunter2");
      try {
        const location = parseLocation(text);
        expect(formatLocation(location)).not.toContain("hunter2");
      } catch (error) {
        expect(messageOf(error)).not.toContain("hunter2");
      }
    }),
    { numRuns: 1_000 },
  );
});
