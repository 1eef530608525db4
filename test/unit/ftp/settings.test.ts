import { expect, test } from "vitest";
import { connectionKey, lastingKey } from "../../../src/ftp/settings.ts";
import { settingsFor } from "../../support/settings.ts";

test("another secret makes another connection, and the same lasting settings", () => {
  const server = { address: "127.0.0.1", port: 21 };
  const [one, two] = ["one", "two"].map((identity) => {
    const host = settingsFor("host", server);
    return { ...host, credentials: { ...host.credentials, identity } };
  });
  if (one === undefined || two === undefined) throw new Error("no settings");
  expect(connectionKey(one)).not.toBe(connectionKey(two));
  expect(lastingKey(one)).toBe(lastingKey(two));
  expect(lastingKey({ ...one, virtualHost: "other" })).not.toBe(lastingKey(one));
});
