import { expect, test } from "vitest";
import { requireSameSite } from "../../../../src/api/access/same-site.ts";

const asking = (host: string | undefined, origin?: string, site?: string) => ({ host, origin, site });
const HERE = ["127.0.0.1", "::1", "localhost"];

test.each([
  ["localhost:8021", undefined],
  ["LOCALHOST", undefined],
  ["127.0.0.1:8021", "http://127.0.0.1:8021"],
  ["[::1]:8021", "http://[::1]:8021"],
])("on this machine %j is asked by pages of %j", (host, origin) => {
  for (const bound of HERE)
    for (const site of [undefined, "same-origin", "none"])
      expect(() => requireSameSite(bound, asking(host, origin, site))).not.toThrow();
});

test.each([
  ["evil.example:8021", undefined],
  ["127.0.0.1.evil.example", undefined],
  ["localhost.evil.example:8021", undefined],
  ["", undefined],
  [undefined, undefined],
  ["localhost:8021", "http://evil.example"],
  ["localhost:8021", "http://localhost:3000"],
  ["localhost:8021", "null"],
])("on this machine %j is not asked by pages of %j: 403", (host, origin) => {
  for (const site of [undefined, "same-origin", "cross-site"])
    expect(() => requireSameSite("127.0.0.1", asking(host, origin, site))).toThrow(
      expect.objectContaining({ status: 403 }),
    );
});

test.each(["cross-site", "same-site", "anything"])(
  "what a browser calls %j is refused everywhere",
  (site) => {
    for (const [bound, host] of [
      ["127.0.0.1", "localhost:8021"],
      ["0.0.0.0", "fxpd.example.org"],
    ] as const)
      expect(() => requireSameSite(bound, asking(host, undefined, site))).toThrow(
        "cross-origin requests are not allowed",
      );
  },
);

test("where other machines are listened to, any name will do, and cross-origin requests are not allowed", () => {
  expect(() => requireSameSite("0.0.0.0", asking("fxpd.example.org"))).not.toThrow();
  expect(() =>
    requireSameSite("0.0.0.0", asking("fxpd.example.org", "https://fxpd.example.org")),
  ).not.toThrow();
  expect(() => requireSameSite("0.0.0.0", asking("fxpd.example.org", "https://desk.example.org"))).toThrow();
});

test("behind a proxy with another name, the browser's word that it is the same origin counts", () => {
  const proxied = (site?: string) => asking("10.0.0.5:8021", "https://fxpd.example.org", site);
  expect(() => requireSameSite("0.0.0.0", proxied("same-origin"))).not.toThrow();
  expect(() => requireSameSite("0.0.0.0", proxied())).toThrow();
});
