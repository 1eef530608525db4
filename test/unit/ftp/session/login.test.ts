import { describe, expect, test } from "vitest";
import { Client } from "../../../../src/ftp/session/client.ts";
import type { TranscriptLine } from "../../../../src/ftp/connection/transcript.ts";
import {
  ConnectionError,
  LoginError,
  ProtectionError,
  ProtocolError,
  ReplyError,
} from "../../../../src/ftp/errors.ts";
import type { HostSettings } from "../../../../src/ftp/settings.ts";
import * as verbs from "../../../../src/ftp/session/verbs.ts";
import { type Script, type Session, scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";

const PASSWORD = "s3cret-pass";
const signal = new AbortController().signal;

/** Logs in to a scripted server; gives what was said. */
async function logIn(script: Script, more: Partial<HostSettings> = {}, cancel = signal) {
  const server = await scriptedServer(script);
  const lines: TranscriptLine[] = [];
  const credentials = { user: "tester", password: async () => PASSWORD };
  const settings = settingsFor("alpha", server, { credentials, ...more });
  const client = Client.connect(settings, (line) => lines.push(line), cancel);
  client.catch(() => {});
  return { server, lines, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const withAccount = { user: "tester", password: async () => PASSWORD, account: async () => "acc0unt" };
const soon = { connectMs: 300, replyMs: 300, stallMs: 300, idleMs: 60_000 };

describe("login", () => {
  test("waits for the 220 behind a 120", async () => {
    await using one = await logIn({ greeting: ["120 in a minute", "220 now"] });
    await (await one.client).close();
    expect(one.server.commands[0]).toBe("USER tester");
  });

  test.each([
    [undefined, true],
    ["utf-8", true],
    ["windows-1251", false],
  ])(
    "a server that announces UTF8 is asked for it unless its charset is another one (%s)",
    async (charset, isAsked) => {
      const script = { FEAT: "211-Features\r\n UTF8\r\n211 End" };
      await using one = await logIn(script, charset === undefined ? {} : { charset });
      await (await one.client).close();
      expect(one.server.commands.includes("OPTS UTF8 ON")).toBe(isAsked);
    },
  );

  test("asks for no password where USER is enough", async () => {
    await using one = await logIn({ USER: "230 welcome" });
    await one.client;
    expect(one.server.commands.join()).not.toContain("PASS");
  });

  test("gives the account that a 332 asks for", async () => {
    await using one = await logIn({ PASS: "332 account", ACCT: "230 in" }, { credentials: withAccount });
    await one.client;
    expect(one.server.commands).toContain("ACCT acc0unt");
  });

  test("gives an account before a 532 in the middle of a transfer could ask for it", async () => {
    await using one = await logIn({ ACCT: "202 not needed" }, { credentials: withAccount });
    await one.client;
    expect(one.server.commands).toContain("ACCT acc0unt");
  });

  test("without an account, a 332 is a refusal", async () => {
    await using one = await logIn({ PASS: "332 account" });
    await expect(one.client).rejects.toThrow("alpha: login as tester refused: 332 account");
  });

  test("names a virtual host before the user", async () => {
    await using one = await logIn({ HOST: "220 that one" }, { virtualHost: "ftp.example.org" });
    await one.client;
    expect(one.server.commands.slice(0, 2)).toEqual(["HOST ftp.example.org", "USER tester"]);
  });

  test.each([
    ["530 Login incorrect.", "never", " (check the user name and the password)"],
    ["530 Sorry, the maximum number of clients is connected", "later", ""],
    ["421 Too many users", "new-connection", ""],
  ])("a refusal by %s is good for a retry: %s", async (reply, retry, advice) => {
    await using one = await logIn({ PASS: reply });
    await expect(one.client).rejects.toMatchObject({
      retry,
      message: `alpha: login as tester refused: ${reply}${advice}`,
    });
    await expect(one.client).rejects.toBeInstanceOf(LoginError);
  });

  test.each([
    ["530 Non-anonymous sessions must use encryption.", "USER"],
    ["550 SSL/TLS required on the control channel", "PASS"],
    ["421 Sorry, cleartext sessions and weak ciphers are not accepted on this server.", "USER"],
  ])(
    "a server that wants TLS is not tried again, and is told with the setting to change: %s",
    async (reply, verb) => {
      await using one = await logIn({ [verb]: reply });
      await expect(one.client).rejects.toMatchObject({
        retry: "never",
        message: `alpha: login as tester refused: ${reply} (the server requires TLS: set tls: required for this host; in a URL, use ftpes://)`,
      });
    },
  );

  test("so it is where the server wants TLS for data connections alone", async () => {
    await using one = await logIn({ EPSV: "502 no", PASV: "550 SSL/TLS required on the data channel" });
    const client = await one.client;
    await expect(client.ask(verbs.passive(), signal)).rejects.toThrow(
      "alpha: PASV: 550 SSL/TLS required on the data channel (the server requires TLS: set tls: required for this host; in a URL, use ftpes://)",
    );
  });

  test("TLS that is required and not to be had is told with the setting to change", async () => {
    const tls = { policy: "required", start: "explicit", verify: true } as const;
    await using one = await logIn({ AUTH: "504 no" }, { tls });
    await expect(one.client).rejects.toThrow(
      "alpha: TLS is required, but the server refuses AUTH TLS; to allow a connection without TLS, set tls: prefer (in a URL: ftp://)",
    );
  });

  test("a greeting that is not an FTP reply is quoted", async () => {
    await using one = await logIn({ greeting: "421 Too many connections" });
    await expect(one.client).rejects.toThrow(
      "alpha: the server refused the connection: 421 Too many connections",
    );
  });

  test("TLS that is required and refused ends before the password", async () => {
    const tls = { policy: "required", start: "explicit", verify: true } as const;
    await using one = await logIn({ AUTH: "504 no" }, { tls });
    await expect(one.client).rejects.toBeInstanceOf(ProtectionError);
    expect(one.server.commands.join()).not.toMatch(/USER|PASS/);
  });

  test.each(["331 give it to me\r\n", "230 in", "421 bye\r\n"])(
    "promise 5, octets in clear behind the reply to AUTH are not believed: %j",
    async (injected) => {
      const tls = { policy: "prefer", start: "explicit", verify: true } as const;
      await using one = await logIn(
        { AUTH: (session: Session) => session.write(`234 go on\r\n${injected}`) },
        { tls },
      );
      await expect(one.client).rejects.toBeInstanceOf(ProtocolError);
      expect(one.server.commands.join()).not.toMatch(/USER|PASS/);
    },
  );

  test("promise 6, a password that the server echoes is in no transcript and no error", async () => {
    await using one = await logIn({
      PASS: (session, secret) => session.reply(`530 ${secret} is wrong for ${secret}`),
    });
    const error = await one.client.then(
      () => "",
      (reason: Error) => `${reason.message} ${reason.stack ?? ""}`,
    );
    expect(error).toContain("530 ***");
    expect(error + JSON.stringify(one.lines.map(({ text }) => text))).not.toContain(PASSWORD);
  });
});

describe("a control connection", () => {
  test("answers several commands in flight in their order", async () => {
    await using one = await logIn({ SIZE: (session, path) => session.reply(`213 ${path.length}`) });
    const client = await one.client;
    const paths = ["a", "bb", "ccc", "dddd"];
    expect(await Promise.all(paths.map((path) => client.ask(verbs.size(path), signal)))).toEqual([
      1, 2, 3, 4,
    ]);
  });

  test("takes a reply in pieces, and with bare line feeds", async () => {
    await using one = await logIn({
      SIZE: async (session) => {
        for (const piece of ["2", "13-not yet\n212 not this\n2", "13 4", "2\n"]) {
          session.write(piece);
          await new Promise(setImmediate);
        }
      },
    });
    expect(await (await one.client).ask(verbs.size("x"), signal)).toBe(42);
  });

  test("quotes the 421 that announced its end", async () => {
    await using one = await logIn({
      NOOP: (session) => {
        session.reply("200 yes", "421 Timeout");
        setImmediate(() => session.socket.end());
      },
    });
    const client = await one.client;
    await client.ask(verbs.noOperation(), signal);
    await new Promise(setImmediate);
    await expect(client.ask(verbs.size("x"), signal)).rejects.toThrow(/alpha: SIZE x: .*421 Timeout/);
    expect(client.isReady).toBe(false);
  });

  test.each([
    ["a reply that nobody asked for", (session: Session) => session.reply("200 yes", "200 and yes again")],
    ["a host-port for a command that is no PASV", "227 Entering Passive Mode (127,0,0,1,9,9)"],
    ["octets that are no reply", (session: Session) => session.write("HTTP/1.1 400 Bad Request\r\n")],
  ])("ends with %s", async (_, answer) => {
    await using one = await logIn({ NOOP: answer });
    const client = await one.client;
    await client.ask(verbs.noOperation(), signal).catch(() => {});
    await expect(client.ask(verbs.size("x"), signal)).rejects.toBeInstanceOf(ProtocolError);
  });

  test("ends with who was asked what when no reply comes", async () => {
    await using one = await logIn({ SIZE: () => {} }, { timeouts: soon });
    const client = await one.client;
    const waiting = [verbs.size("a"), verbs.size("b")].map((verb) => client.ask(verb, signal));
    await expect(waiting[0]).rejects.toThrow("alpha: SIZE a: no reply within 0.3 s");
    await expect(waiting[1]).rejects.toBeInstanceOf(ConnectionError);
  });

  test("a server that closes in the middle fails every command in flight, and no promise is left alone", async () => {
    await using one = await logIn({ SIZE: (session) => session.close() });
    const client = await one.client;
    const ends = await Promise.allSettled(
      [1, 2, 3].map((count) => client.ask(verbs.size(String(count)), signal)),
    );
    for (const end of ends)
      expect(end).toMatchObject({ status: "rejected", reason: expect.any(ConnectionError) });
  });

  test("a wait that is cancelled leaves the connection in step", async () => {
    let answer: (() => void) | undefined;
    await using one = await logIn({
      SIZE: () => {},
      NOOP: (session) => void (answer = () => session.reply("213 7", "200 nothing")),
    });
    const client = await one.client;
    const cancel = new AbortController();
    const waiting = client.ask(verbs.size("a"), cancel.signal);
    const next = client.ask(verbs.noOperation(), signal);
    cancel.abort();
    await expect(waiting).rejects.toThrow(/aborted/);
    while (answer === undefined) await new Promise(setImmediate);
    answer();
    await expect(next).resolves.toBeUndefined();
    expect(client.isReady).toBe(true);
  });

  test("a login that is cancelled ends", async () => {
    const cancel = new AbortController();
    await using one = await logIn({ PASS: () => cancel.abort() }, {}, cancel.signal);
    await expect(one.client).rejects.toThrow(/aborted/);
  });

  test("a server that does not greet is given up", async () => {
    await using one = await logIn({ greeting: "" }, { timeouts: soon });
    await expect(one.client).rejects.toThrow(
      "alpha: no greeting within 0.3 s; if this is a TLS port, use ftps:// (tls.start: implicit)",
    );
  });

  test("says goodbye when nothing was asked of it for its idle time, and is then no longer ready", async () => {
    await using one = await logIn({}, { timeouts: { ...soon, idleMs: 20 } });
    const client = await one.client;
    while (!one.server.commands.includes("QUIT")) await new Promise(setImmediate);
    while (client.isReady) await new Promise(setImmediate);
  });

  test("a refusal is reported with the command and the reply", async () => {
    await using one = await logIn({});
    const refused = (await one.client).ask(verbs.size("/none"), signal);
    await expect(refused).rejects.toBeInstanceOf(ReplyError);
    await expect(refused).rejects.toThrow("alpha: SIZE /none: 550 no such file");
  });
});
