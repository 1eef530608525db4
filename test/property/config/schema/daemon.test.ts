import fc from "fast-check";
import { expect, test } from "vitest";
import { DaemonFile } from "../../../../src/config/schema/daemon.ts";
import { formatFault, readDocument } from "../../../../src/config/load/document.ts";
import { parseRedisAddress, parseRedisUrl } from "../../../../src/config/schema/redis-address.ts";

test("a password in the wrong place of the daemon's file is in no message", () => {
  const password = fc
    .tuple(fc.constantFrom("", "*", "&", "!", "@", ":", "/", "#", '"', "'", "[", "{", "- ", "%"), fc.string())
    .map(([first, rest]) => `${first}hunter2${rest}`);
  const line = fc.constantFrom(
    "redis: {url: $}",
    "redis: {url: redis://:$@h}",
    "redis: {url: redis://h/$}",
    "redis: {url: 'redis://h?$'}",
    "redis: {cluster: [$]}",
    "redis: {password: $}",
    "redis: {passwordFrom: {env: $}}",
    "redis: {sentinels: {password: $}}",
    "redis:\n  prefix: $",
    "api: {tokens: [$]}",
    "api: {tokens: [{token: $}]}",
    "notifications: {webhooks: [{url: 'https://a:$@h', secret: $}]}",
    "notifications: {email: {password: $}}",
    "shutdown: {grace: $}",
    "retention: {age: $}",
  );
  fc.assert(
    fc.property(password, fc.array(line, { minLength: 1, maxLength: 3 }), (secret, lines) => {
      const text = lines.join("\n").replaceAll("$", () => secret);
      const read = readDocument("d.yaml", text, DaemonFile);
      const sentences = read.kind === "valid" ? [] : read.faults.map(formatFault);
      expect(sentences.join("\n")).not.toContain("hunter2");
    }),
    {
      numRuns: 1_000,
      examples: [
        ["{hunter2}", ["api: {tokens: [$]}"]],
        ["{hunter2: 1}", ["redis: $"]],
      ],
    },
  );
});

test("any host and port come back from a URL and from an address", () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => new URL(`http://[${address}]`).hostname),
  );
  fc.assert(
    fc.property(host, fc.integer({ min: 1, max: 65_535 }), fc.nat(15), (name, port, database) => {
      const address = { host: name.replace(/^\[(.*)\]$/, "$1"), port };
      expect(parseRedisAddress(`${name}:${port}`)).toEqual(address);
      expect(parseRedisUrl(`rediss://${name}:${port}/${database}`)).toEqual({
        kind: "server",
        address,
        database,
        isPrivate: true,
      });
    }),
  );
});
