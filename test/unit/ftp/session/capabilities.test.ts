import { describe, expect, test } from "vitest";
import { Capabilities } from "../../../../src/ftp/session/capabilities.ts";

const REPLY = { code: 502, lines: ["MFMT not implemented"] };

describe("what is known of a server's capabilities", () => {
  test("is nothing before anything was seen: neither there nor lacking", () => {
    const capabilities = new Capabilities();
    expect(capabilities.of("MFMT")).toEqual({ is: "unknown" });
    expect([capabilities.has("MFMT"), capabilities.lacks("MFMT")]).toEqual([false, false]);
  });

  test("is kept with what shows it, each capability on its own", () => {
    const capabilities = new Capabilities();
    capabilities.works("MDTM", "a time was told");
    capabilities.fails("MDTM to set", "the time was not set");
    capabilities.refused("MFMT", REPLY);
    expect(capabilities.of("MDTM")).toEqual({ is: "yes", because: "a time was told" });
    expect(capabilities.of("MDTM to set")).toEqual({ is: "no", because: "the time was not set" });
    expect(capabilities.of("MFMT")).toEqual({ is: "refused", reply: REPLY });
    expect((["MDTM", "MDTM to set", "MFMT", "MFF"] as const).map((one) => capabilities.has(one))).toEqual([
      ...[true, false, false, false],
    ]);
    expect((["MDTM", "MDTM to set", "MFMT", "MFF"] as const).map((one) => capabilities.lacks(one))).toEqual([
      ...[false, true, true, false],
    ]);
  });

  test("is what was seen last", () => {
    const capabilities = new Capabilities();
    capabilities.works("EPSV", "a data connection was opened");
    capabilities.refused("EPSV", REPLY);
    expect([capabilities.has("EPSV"), capabilities.lacks("EPSV")]).toEqual([false, true]);
    capabilities.works("EPSV", "a data connection was opened");
    expect([capabilities.has("EPSV"), capabilities.lacks("EPSV")]).toEqual([true, false]);
    capabilities.forget("EPSV");
    expect(capabilities.of("EPSV")).toEqual({ is: "unknown" });
  });
});
