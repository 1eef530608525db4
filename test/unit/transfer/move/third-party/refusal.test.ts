import { describe, expect, test } from "vitest";
import { ConnectionError, ProtectionError, ReplyError } from "../../../../../src/ftp/errors.ts";
import type { Method } from "../../../../../src/transfer/move/third-party/methods.ts";
import { isOfSettings, whatIsRefused } from "../../../../../src/transfer/move/third-party/refusal.ts";

const clear: Method = { name: "source-pasv", passive: "source", form: "PASV" };
const secure: Method = { ...clear, name: "source-pasv+target-sscn", tlsClient: "target" };

const refused = (verb: string, code: number, line: string) =>
  new ReplyError("host", { verb, argument: "x" }, { code, lines: [line] });

describe("what a refusal speaks against", () => {
  test.each([
    ["PROT", 534, "Request denied for policy reasons", "protection"],
    ["SSCN", 500, "not understood", "protection"],
    ["PORT", 500, "'PORT': command not understood", "form"],
    ["PORT", 502, "Command not implemented", "form"],
    ["EPRT", 522, "Network protocol not supported, use (1)", "form"],
    ["PORT", 500, "Illegal PORT command", "roles"],
    ["PORT", 530, "TLS is required", "protection"],
    ["PASV", 502, "not implemented", "form"],
    ["PASV", 530, "SSL required on the data channel", "protection"],
  ])("%s: %i %s: the %j", (verb, code, line, what) => {
    expect(whatIsRefused(clear, refused(verb, code, line))).toBe(what);
  });

  test.each([
    [clear, 425, "Can't build data connection", "roles"],
    [secure, 425, "Can't build data connection", "protected-roles"],
    [secure, 522, "TLS session reuse required", "protection"],
    [secure, 425, "session resumption demanded", "protection"],
    [secure, 522, "Data connection must be protected", "protected-roles"],
    [clear, 521, "Data connection cannot be opened with this PROT setting", "protection"],
    [secure, 425, "Security: bad IP connecting", "roles"],
  ])("of %j, in the transfer: %i %s: the %j", (method, code, line, what) => {
    expect(whatIsRefused(method, { code, lines: [line] })).toBe(what);
  });

  test("an address that may not be used is the form's fault, and missing protection that of protection", () => {
    expect(whatIsRefused(clear, new ConnectionError("no address"))).toBe("form");
    expect(whatIsRefused(clear, new ProtectionError("PROT P refused"))).toBe("protection");
  });
});

describe("whether it is a matter of settings, which stay as they are", () => {
  test.each([
    [refused("PORT", 500, "Illegal PORT command"), true],
    [refused("PASV", 425, "no free port"), false],
    [{ code: 425, lines: ["Can't open data connection"] }, false],
    [{ code: 425, lines: ["Rejected: foreign address"] }, true],
    [{ code: 522, lines: ["no"] }, true],
    [new ConnectionError("reset"), false],
    [new ProtectionError("PROT P refused"), true],
  ])("%j: %j", (end, expected) => {
    expect(isOfSettings(end)).toBe(expected);
  });
});
