import { describe, expect, test } from "vitest";
import { Client } from "../../../src/ftp/session/client.ts";
import { ConnectionError } from "../../../src/ftp/errors.ts";
import type { HostSettings } from "../../../src/ftp/settings.ts";
import { ownPort } from "../../servers/ports.ts";
import { type Script, scriptedServer } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const signal = new AbortController().signal;
const timeouts = { connectMs: 1_000, replyMs: 1_000, stallMs: 1_000, idleMs: 60_000 };
const IMPLICIT = { policy: "required", start: "implicit", verify: true } as const;
const EXPLICIT = { policy: "required", start: "explicit", verify: true } as const;

/** Why a server cannot be connected to. */
async function refusal(script: Script, more: Partial<HostSettings> = {}) {
  await using server = await scriptedServer(script);
  return await refusalBy(server, more);
}

async function refusalBy(server: { address: string; port: number }, more: Partial<HostSettings> = {}) {
  const connecting = Client.connect(settingsFor("edge", server, { timeouts, ...more }), undefined, signal);
  const error: unknown = await connecting.catch((one: unknown) => one);
  if (!(error instanceof Error)) throw new Error("connected");
  return error;
}

describe("a server that cannot be greeted says why, and what to set", () => {
  test("implicit TLS on a port without TLS", async () => {
    const error = await refusal({}, { tls: IMPLICIT });
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toMatch(
      /^edge: port \d+ does not speak TLS; for explicit TLS, use ftpes:\/\/ \(tls\.start: explicit\)$/,
    );
  });

  test("a server that says nothing, as one with implicit TLS does", async () => {
    expect((await refusal({ greeting: () => {} })).message).toBe(
      "edge: no greeting within 1.0 s; if this is a TLS port, use ftps:// (tls.start: implicit)",
    );
  });

  test("a server that hangs up before its greeting", async () => {
    const error = await refusal({ greeting: (session) => session.close() });
    expect(error.message).toMatch(
      /^edge: control connection closed by the server before the greeting; if this/,
    );
  });

  test.each([
    ["SSH", "SSH-2.0-OpenSSH_9.2p1", '"SSH-2.0-OpenSSH_9.2p1"'],
    ["HTTP", "HTTP/1.1 400 Bad Request", '"HTTP/1.1 400 Bad Request"'],
    ["SMTP in disguise", "hello 220", '"hello 220"'],
  ])("%s", async (_, greeting, said) => {
    const error = await refusal({ greeting });
    expect(error.message).toMatch(/^edge: port \d+ does not speak FTP \(it sent /);
    expect(error.message).toContain(said);
  });

  test("a closed port, in one sentence", async () => {
    const port = await ownPort();
    const error = await refusalBy({ address: "127.0.0.1", port });
    expect(error.message).toBe(`edge: cannot connect to 127.0.0.1 port ${port}: connection refused`);
  });

  test("a name that nobody knows", async () => {
    const error = await refusalBy({ address: "no-such-host.invalid", port: 21 });
    expect(error.message).toMatch(
      /^edge: cannot connect to no-such-host\.invalid port 21: (host name not found|the name server does not respond|no answer within 1\.0 s)$/,
    );
  });

  test.each(["breaks off the handshake", "goes on in clear"])(
    "a server that offers TLS and %s",
    async (name) => {
      const error = await refusal(
        {
          AUTH: (session) => {
            session.reply("234 go ahead");
            session.socket.once("data", () =>
              name === "goes on in clear" ? session.write("220 in clear\r\n") : session.close(),
            );
          },
        },
        { tls: EXPLICIT },
      );
      expect(error.message).toMatch(
        /^edge: TLS handshake failed: [^\n]*\. The server offers TLS, but its handshake fails: fix TLS there, or set tls: off for this host$/,
      );
      expect(error.message).not.toMatch(/SSL routines|0A00/);
    },
  );
});

test("a port that takes connections and says nothing ends the TLS handshake", async () => {
  const error = await refusal({ greeting: () => {} }, { tls: IMPLICIT });
  expect(error.message).toMatch(/^edge: TLS handshake failed: [^\n]+$/);
});
