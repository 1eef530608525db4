import { expect, test } from "vitest";
import { asSeen, type NewHost, withPin } from "../../../../../src/cli/commands/hosts/draft.ts";

const draft = (tls?: unknown): NewHost => ({ keys: { address: "a", ...(tls === undefined ? {} : { tls }) } });

test.each([
  ["required, if the server has shown that it can", undefined, true, "required"],
  ["left open, if it has not", undefined, false, undefined],
  ["what was asked for", "prefer", true, "prefer"],
])("TLS of a new host is %s", (_, tls, isProtected, written) => {
  expect(asSeen(draft(tls), isProtected).keys["tls"]).toEqual(written);
});

test.each([
  [undefined, { policy: "required" }],
  ["prefer", { policy: "prefer" }],
  [{ start: "implicit" }, { start: "implicit" }],
])("a pinned certificate goes with TLS as asked for, else required: %j", (tls, kept) => {
  expect(withPin(draft(tls), "AB").keys["tls"]).toEqual({ ...kept, fingerprint: "AB" });
});
