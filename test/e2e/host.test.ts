import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningServer, startServers } from "../servers/index.ts";
import { Desk } from "../support/desk.ts";
import { MAIN } from "../support/program.ts";
import { Terminal } from "../support/terminal.ts";

let started: Awaited<ReturnType<typeof startServers>>;
let server: RunningServer;
/** Another certificate, for another name than its own. */
let elsewhere: RunningServer;
/** TLS before the greeting. */
let implicit: RunningServer;
/** It lets nobody in without TLS. */
let strict: RunningServer;
/** It has no TLS. */
let plain: RunningServer;
let desk: Desk;

beforeAll(async () => {
  // Its certificate is signed by an authority that nobody trusts.
  started = await startServers([
    { family: "proftpd", tls: "explicit" },
    { family: "pyftpdlib", tls: "explicit", certificate: "wrong-name" },
    { family: "proftpd", tls: "implicit" },
    { family: "pyftpdlib", tls: "required" },
    { family: "pyftpdlib" },
  ]);
  [server, elsewhere, implicit] = started.servers as [RunningServer, RunningServer, RunningServer];
  [strict, plain] = started.servers.slice(3) as [RunningServer, RunningServer];
  desk = await Desk.open();
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await rm(join(desk.path, "config"), { recursive: true });
  await mkdir(join(desk.path, "config/hosts"), { recursive: true });
});

const FINGERPRINT = /SHA-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})/;

/** Runs `fxpd host`; answers come on standard input. */
function host(words: readonly string[], answers: readonly string[] = []) {
  const child = spawn(process.execPath, [MAIN, "host", ...words], {
    cwd: desk.path,
    env: { ...process.env, FXPD_STATE: join(desk.path, "state"), SECRET: server.password },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on("error", () => {}); // it may end before it has read all
  child.stdin.end(answers.map((answer) => `${answer}\n`).join(""));
  return new Promise<{ status: number | null; out: string; err: string }>((resolve) =>
    child.once("close", (status) => resolve({ status, out, err })),
  );
}

const file = (name: string) => join(desk.path, "config/hosts", name);
const files = async () => (await readdir(file(""))).sort();
const known = () => ["--address", server.address, "--port", String(server.port), "--user", server.user];

describe("fxpd host add", () => {
  test("asks, shows the certificate, pins it when told to, and writes a file that works", async () => {
    const { status, out, err } = await host(
      ["add", "archive", "--port", String(server.port)],
      [server.address, server.user, "stdin", server.password, "y"],
    );
    expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining("Address of the server: ") });
    const fingerprint = FINGERPRINT.exec(err)?.[1];
    expect(fingerprint).toBeDefined();
    expect(out).toMatch(
      /^logged in to .*\n(.*\n)*TLS: TLSv1\.[23], the certificate is the one in the host file\n/,
    );
    expect(out + err).not.toContain(server.password);
    expect(await files()).toEqual(["archive.password", "archive.yaml"]);
    expect((await stat(file("archive.password"))).mode & 0o777).toBe(0o600);
    const text = await readFile(file("archive.yaml"), "utf8");
    expect(text).toContain(fingerprint);
    expect(text).toContain("policy: required");
    expect(text).not.toContain(server.password);
    expect(await desk.fxpd("check", "--config", "config")).toMatchObject({ status: 0, err: "" });
    expect(await host(["test", "archive"])).toMatchObject({ status: 0, err: "" });
  });

  test("takes all from options, with a pin", async () => {
    const words = [
      "add",
      "edge",
      ...known(),
      "--password-from",
      "env:SECRET",
      "--tls",
      "required",
      "--pin",
      "--json",
    ];
    const { status, out } = await host(words);
    expect(status).toBe(0);
    const [event, summary] = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(event).toMatchObject({
      event: "host",
      name: "edge",
      secrets: [],
      login: { protected: true, trust: "fingerprint" },
    });
    expect(summary).toMatchObject({ event: "summary", outcome: "succeeded" });
    expect(await readFile(file("edge.yaml"), "utf8")).toContain("env: SECRET");
  });

  test("writes nothing for a certificate that is not accepted, a login that fails, or a name that is taken", async () => {
    expect(await host(["add", "a", ...known(), "--password-from", "env:SECRET"], ["n"])).toMatchObject({
      status: 3,
      err: expect.stringMatching(
        /certificate not trusted \(.*\) and not accepted; nothing was written\. To accept it, answer y or use --pin\n$/,
      ),
    });
    const wrong = await host(
      ["add", "a", ...known(), "--password-from", "stdin", "--tls", "off"],
      ["guess-7"],
    );
    expect(wrong).toMatchObject({ status: 3, err: expect.stringMatching(/530/) });
    expect(wrong.err).not.toContain("guess-7");
    expect(await files()).toEqual([]);
    await writeFile(file("a.yaml"), "address: other.example\n");
    expect(await host(["add", "a", ...known(), "--password-from", "env:SECRET", "--pin"])).toMatchObject({
      status: 2,
      err: expect.stringContaining("the host a exists already"),
    });
    expect(await readFile(file("a.yaml"), "utf8")).toBe("address: other.example\n");
    await writeFile(file("b.password"), "another\n");
    const words = ["add", "b", ...known(), "--password-from", "stdin", "--pin"];
    expect(await host(words, [server.password])).toMatchObject({
      status: 2,
      err: expect.stringContaining("b.password exists already"),
    });
    expect(await readFile(file("b.password"), "utf8")).toBe("another\n");
  });

  test.each([
    [["add", "../x"], "not a valid name"],
    [["add", "x"], 'Address of the server: \nfxpd: no answer to "Address of the server"; use --address'],
    [["add", "x", "--port", "x"], "fxpd: --port: expected a whole number"],
    [
      ["add", "x", "--address", "a", "--user", "u", "--password-from", "hunter2"],
      "--password-from: expected env:NAME",
    ],
    [
      ["add", "x", "--address", "ftp.example.org:21", "--user", "u", "--password-from", "netrc"],
      "--address: expected a name or address without a port",
    ],
    [
      ["add", "x", "--address", "a", "--port", "x", "--user", "u", "--password-from", "netrc"],
      "--port: expected a whole number",
    ],
    [
      ["add", "x", "--address", "a", "--user", "u", "--password-from", "netrc", "--tls", "on"],
      "--tls: expected",
    ],
  ])("%j is refused in a sentence", async (words, message) => {
    const { status, err } = await host(words);
    expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(message) });
    expect(err).not.toContain("hunter2");
    expect(await files()).toEqual([]);
  });
});

describe("fxpd host add on a terminal", () => {
  const PLACE = "Address of the server: ";
  const SOURCE = "kept in a file): ";
  const opened = (...words: readonly string[]) =>
    new Terminal(desk.path, ["host", "add", ...words], { FXPD_STATE: join(desk.path, "state") });

  test("names the option to change where a server has no TLS, or lets nobody in without", async () => {
    for (const [to, tls, advice] of [
      [strict, "off", "(the server requires TLS: use --tls required)"],
      [plain, "required", "to allow a connection without TLS, use --tls prefer"],
    ] as const) {
      const address = ["--address", to.address, "--port", String(to.port), "--user", to.user];
      const { status, err } = await host([
        "add",
        "x",
        ...address,
        "--password-from",
        "env:SECRET",
        "--tls",
        tls,
      ]);
      expect(err).toContain(advice);
      expect(err).not.toMatch(/tls:|ftps?:\/\/|ftpes/);
      expect(status).toBe(3);
      expect(await files()).toEqual([]);
    }
  });

  test("asks again after a wrong answer, hides the password, and pins a certificate that no command goes without", async () => {
    const { address, port, user, password } = elsewhere;
    await using terminal = opened("pinned");
    await terminal.type(PLACE, "\r");
    await terminal.type(/expected an address [^]*Address of the server: /, `${address}:${port}\r`);
    await terminal.type("anonymous): ", `${user}\r`);
    await terminal.type(SOURCE, "somewhere\r");
    await terminal.type(/expected env:NAME[^]*kept in a file\): /, "\r");
    await terminal.type(`Password of ${user} at ${address}: `, `x\u007f${password}\r`);
    await terminal.sees("[y/N] ");
    expect(terminal.seen).not.toContain(password);
    expect(terminal.seen).toMatch(
      /The certificate is not trusted \(issued by an unknown certificate authority\):[^]*DNS:elsewhere\.example/,
    );
    const fingerprint = FINGERPRINT.exec(terminal.seen)?.[1];
    await terminal.type("[y/N] ", "y\r");
    expect(await terminal.ended).toBe(0);
    const text = await readFile(file("pinned.yaml"), "utf8");
    expect(text).toContain(`fingerprint: ${fingerprint}`);
    expect(await desk.fxpd("ls", "pinned:")).toMatchObject({ status: 0, err: "" });

    // The same host, with another certificate than the pinned one.
    const moved = text
      .replace(`address: ${address}`, `address: ${server.address}`)
      .replace(`port: ${port}`, `port: ${server.port}`);
    await writeFile(file("pinned.yaml"), moved);
    for (const words of [
      ["host", "test", "pinned"],
      ["ls", "pinned:"],
      ["copy", "pinned:x", "./"],
    ])
      expect(await desk.fxpd(...words)).toMatchObject({
        status: 3,
        err: expect.stringMatching(/certificate not trusted .*differs from tls\.fingerprint/),
      });
  });

  test("finds out that a port expects TLS from the first byte, and shows its certificate", async () => {
    const { address, port, user, password } = implicit;
    // Nobody waits so long for a greeting that never comes.
    await using terminal = opened("early", "--timeout", "10m");
    await terminal.type(PLACE, `${address}:${port}\r`);
    await terminal.type("anonymous): ", `${user}\r`);
    await terminal.type(SOURCE, "\r");
    await terminal.type("Password of", `${password}\r`);
    await terminal.sees("expects TLS from the first byte");
    await terminal.type("[y/N] ", "y\r");
    expect(await terminal.ended).toBe(0);
    expect(await readFile(file("early.yaml"), "utf8")).toMatch(
      /\ntls:\n {2}start: implicit\n {2}fingerprint: [0-9A-F:]{95}\n/,
    );
    expect(await desk.fxpd("ls", "early:")).toMatchObject({ status: 0, err: "" });
  });

  test.each([
    ["Ctrl-C at a question", [[PLACE, "\u0003"]], 130, "interrupted"],
    ["Ctrl-D at a question", [[PLACE, "\u0004"]], 2, "use --address"],
    [
      "Ctrl-C at the password",
      [
        [PLACE, "ftp.example.org\r"],
        ["anonymous): ", "u\r"],
        [SOURCE, "stdin\r"],
        ["Password of", "se\u0003"],
      ],
      130,
      "interrupted",
    ],
  ])("%s ends it, and nothing is written", async (_, typed, status, message) => {
    await using terminal = opened("left");
    for (const [after = "", keys = ""] of typed) await terminal.type(after, keys);
    expect(await terminal.ended).toBe(status);
    expect(terminal.seen).toContain(message);
    expect(await files()).toEqual([]);
  });
});

describe("fxpd host test", () => {
  test("says what is wrong, with the status of the contract", async () => {
    const text = `address: ${server.address}\nport: ${server.port}\nuser: ${server.user}\npasswordFrom: {env: SECRET}\n`;
    await writeFile(file("clear.yaml"), `${text}tls: off\n`);
    await writeFile(file("closed.yaml"), "address: 127.0.0.1\nport: 1\ntls: off\n");
    expect(await host(["test", "clear"])).toMatchObject({
      status: 0,
      out: expect.stringContaining("TLS: no;"),
    });
    expect(await host(["test", "clear:missing", "--json"])).toMatchObject({
      status: 1,
      out: expect.stringMatching(/"event":"login".*\n.*"event":"summary","outcome":"failed"/),
    });
    expect(await host(["test", "closed"])).toMatchObject({ status: 3, out: "" });
    expect(await host(["test", "nowhere"])).toMatchObject({
      status: 2,
      err: expect.stringContaining("no such host"),
    });
  });
});
