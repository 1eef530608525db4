import { describe, expect, test } from "vitest";
import { connected, play } from "../../support/console-world.ts";

describe("commands of fxpd itself", () => {
  test.each([
    ["probe edge", "probe edge"],
    ["probe", "probe one"],
    ["probe --json", "probe --json one"],
    ["proxy probe", "probe two"],
    ["doctor", "doctor one two"],
    ["doctor a:/pub b:/in", "doctor a:/pub b:/in"],
    ["diff a:/x b:/x --json", "diff a:/x b:/x --json"],
    ["mirror --dry-run a:/x b:/x", "mirror --dry-run a:/x b:/x"],
    ["fxp a:/x/f b:/x/", "copy a:/x/f b:/x/"],
  ])("%s runs fxpd %s", (line, words) => {
    const { programs, session } = play([line], {}, connected("both"));
    expect([programs, session.failures]).toEqual([[words], 0]);
  });

  test.each(["probe", "doctor", "diff", "mirror", "fxp"])(
    "%s without a server says what it needs",
    (line) => {
      const { programs, err, session } = play([line], {}, connected("first", { servers: {} }));
      expect([programs, session.failures]).toEqual([[], 1]);
      expect(err).toContain(`usage: ${line}`);
    },
  );

  test("one that ends with another status than 0 has failed", () => {
    expect(play(["diff a:/x b:/x --fails"]).session.failures).toBe(1);
  });
});

describe("hosts and use", () => {
  test("hosts lists the host files, or says how one is made", () => {
    expect(play(["hosts"], { hosts: ["archive", "edge"] }).out).toBe("archive\nedge\n");
    expect(play(["hosts"]).out).toContain("fxpd host add");
  });

  test("use closes what is connected, and connects to one server or to two", () => {
    const { sent, session } = play(["use archive edge"], {}, connected("both"));
    expect(sent.slice(0, 2)).toEqual(["2:QUIT", "QUIT"]);
    expect([session.servers.first?.name, session.servers.second?.name]).toEqual(["archive", "edge"]);
    expect(play(["use archive"], {}, connected("both")).session.servers).toEqual({
      first: session.servers.first,
    });
  });

  test("where the first server cannot be had, the second one is not tried", () => {
    const replies = { USER: "530 no" };
    const { session } = play(["use archive edge"], { replies }, connected("first", { servers: {} }));
    expect([session.servers.second, session.failures]).toEqual([undefined, 1]);
  });
});
