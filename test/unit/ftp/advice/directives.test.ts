import { describe, expect, test } from "vitest";
import { adviceOn, type RefusalFacts, whenOf } from "../../../../src/ftp/advice/advice.ts";
import { DIRECTIVES } from "../../../../src/ftp/advice/directives.ts";
import type { Family } from "../../../../src/ftp/quirks.ts";

/** `500 Illegal PORT command.` */
function reply(text: string): Exclude<RefusalFacts["end"], string> {
  return { code: Number(text.slice(0, 3)), lines: [text.slice(4)] };
}

function refusal(verb: string, end: RefusalFacts["end"], more: Partial<RefusalFacts> = {}): RefusalFacts {
  return { verb, end, stance: /PORT|EPRT/.test(verb) ? "active" : "passive", tls: "clear", ...more };
}

describe("which kind of setting speaks from a refusal", () => {
  test.each([
    // As the servers were heard.
    ["PORT", "500 Illegal PORT command.", {}, "active"],
    ["EPRT", "500 Illegal EPRT command", {}, "active"],
    ["PORT", "500 I won't open a connection to 127.0.3.1 (only to 127.0.0.1)", {}, "active"],
    ["PORT", "501 Rejected data connection to foreign address 127.0.3.1:30021.", {}, "active"],
    ["PORT", "501 Server cannot accept argument.", {}, "active"],
    ["PORT", "530 Only client IP address allowed for PORT command.", {}, "active"],
    [
      "PORT",
      "421 Rejected command, requested IP address does not match control connection IP.",
      {},
      "active",
    ],
    ["PORT", "501 PORT against the privileged port (21) refused.", {}, "low-port"],
    ["EPRT", "500 EPRT not understood", {}, undefined],
    ["EPRT", "522 Network protocol not supported, use (1)", {}, undefined],
    ["PASV", "502 PASV not implemented", {}, undefined],
    ["PASV", "421 Rejected command", {}, "passive"],
    ["RETR", "425 Security: Bad IP connecting.", {}, "passive"],
    ["STOR", "425 Unable to build data connection: Permission denied", {}, "passive"],
    ["STOR", "425 Unable to build data connection: Permission denied", { tls: "server" }, "passive"],
    ["STOR", "425 Rejected data connection from foreign address 127.0.3.1:35563.", {}, "passive"],
    ["STOR", "530 Only client IP address allowed to connect to PASV socket.", {}, "passive"],
    ["RETR", "426 You are not allowed to FXP from here.", { stance: "active" }, "active"],
    ["RETR", "425 Failed to establish connection.", { stance: "active" }, "unreachable"],
    ["RETR", "522 SSL connection failed: session reuse required", { tls: "server" }, "tls-reuse"],
    ["RETR", "425 Unable to build data connection: Operation not permitted", { tls: "server" }, "tls-reuse"],
    ["RETR", "522 TLS handshake failed", { tls: "client" }, "tls-verify"],
    ["PROT", "534 Unwilling to accept security parameters", {}, "tls-clear-refused"],
    ["PROT", "534 Unwilling to accept security parameters", { tls: "server" }, undefined],
    ["RETR", "522 Data connections must be encrypted.", {}, "tls-clear-refused"],
    ["RETR", "521 Data connection cannot be opened with this PROT setting.", {}, "tls-clear-refused"],
    ["PASV", "550 SSL/TLS required on the data channel.", {}, "tls-clear-refused"],
    ["PORT", "550 SSL/TLS required on the data channel.", {}, "tls-clear-refused"],
    ["STOR", "530 USE SECURE DATA CONNECTION", {}, "tls-clear-refused"],
    ["SSCN", "500 Unknown command", { tls: "client" }, "tls-client"],
    // No matter of settings.
    ["STOR", "553 Could not create file.", {}, undefined],
    ["STOR", "550 Permission denied", {}, undefined],
    ["STOR", "530 You are not allowed to write here", {}, undefined],
    ["STOR", "452 No space left on device", {}, undefined],
    ["RETR", "426 Failure writing network stream.", { stance: "active" }, undefined],
  ] as const)("%s: %s %o", (verb, text, more, when) => {
    expect(whenOf(refusal(verb, reply(text), more))).toBe(when);
  });

  test("no word at all has reasons of its own", () => {
    expect(whenOf(refusal("RETR", "silent"))).toBe("passive");
    expect(whenOf(refusal("RETR", "silent", { stance: "active" }))).toBeUndefined();
    expect(whenOf(refusal("STOR", "lost", { tls: "client" }))).toBe("tls-verify");
    expect(whenOf(refusal("STOR", "lost"))).toBeUndefined();
    expect(whenOf(refusal("STOR", "timed-out"))).toBe("unreachable");
    expect(whenOf(refusal("PASV", "bad-address"))).toBe("address");
  });
});

describe("what to set", () => {
  const adviceFor = (family: Family | undefined, facts: RefusalFacts) => {
    const when = whenOf(facts);
    return when === undefined ? [] : adviceOn(family, when);
  };
  const port = refusal("PORT", reply("500 Illegal PORT command"));

  test("is said with the directive, its value and its file", () => {
    expect(adviceFor("vsftpd", port)).toEqual(["set port_promiscuous=YES in vsftpd.conf"]);
    expect(adviceFor("proftpd", port)).toEqual([
      "set AllowForeignAddress on in proftpd.conf (or the name of a class that has the other server's address)",
    ]);
  });

  test("is only probable where nobody has verified it", () => {
    expect(adviceFor("serv-u", port)).toEqual([
      "probably set Block FTP_bounce attacks and FXP: off in the settings of Serv-U",
    ]);
    for (const family of ["glftpd", "drftpd", "serv-u"] as const)
      for (const sentence of adviceOn(family, "passive")) expect(sentence).toMatch(/^probably set /);
  });

  test("is said to be nothing where a server has no setting for it", () => {
    const advice = adviceOn("filezilla", "passive");
    expect(advice).toEqual([
      expect.stringMatching(/^FileZilla Server 1\.x .* no setting changes that/),
      "probably set Allow Incoming FXP in the settings of FileZilla Server 0.9",
    ]);
    expect(adviceOn("vsftpd", "tls-client")).toEqual([
      expect.stringMatching(/^it has neither SSCN nor CPSV/),
    ]);
  });

  test("is told in general for a server of an unknown kind", () => {
    expect(adviceFor(undefined, port)).toEqual([expect.stringContaining("FXP")]);
    expect(adviceFor("iis", refusal("RETR", "timed-out"))).toEqual([
      "open its passive ports to the other server (firewall)",
    ]);
  });

  test("is nothing after a refusal that has no such reason", () => {
    expect(adviceFor("vsftpd", refusal("STOR", reply("553 Could not create file.")))).toEqual([]);
  });

  test("whoever lets octets pass in clear is told so", () => {
    const families = [...new Set(DIRECTIVES.map(({ family }) => family))] satisfies Family[];
    const sentences = families.flatMap((family) => adviceOn(family, "tls-clear-refused"));
    for (const sentence of sentences)
      expect(sentence).toMatch(/files then pass unencrypted between the servers|no setting changes that/);
  });

  test("every example has its directive in it, and nothing is said twice", () => {
    for (const { directive, example } of DIRECTIVES) expect(example).toContain(directive);
    const keys = DIRECTIVES.map(({ family, when, directive }) => `${family} ${when} ${directive}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
