import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SecretSource } from "../../../../src/config/schema/hosts.ts";
import { faultOfSecret, fetchSecret, netrcEntry } from "../../../../src/config/load/secrets.ts";
import { ConfigError } from "../../../../src/shared/errors.ts";

let directory: string;
let hostFile: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-secrets-"));
  hostFile = join(directory, "h.yaml");
  vi.stubEnv("CREDENTIALS_DIRECTORY", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

async function write(name: string, text: string, mode = 0o600): Promise<string> {
  await writeFile(join(directory, name), text, { mode });
  await chmod(join(directory, name), mode);
  return join(directory, name);
}

const refusal = (sentence: string) => new ConfigError(sentence, hostFile);

describe("a secret from the environment", () => {
  test("is its first line", async () => {
    vi.stubEnv("HUSH", "hunter2\n");
    expect(await fetchSecret({ env: "HUSH" }, hostFile)).toBe("hunter2");
    expect(await faultOfSecret({ env: "HUSH" }, hostFile)).toBeUndefined();
  });

  test("has to be there", async () => {
    vi.stubEnv("HUSH", undefined);
    const sentence = "the environment variable HUSH is not set";
    await expect(fetchSecret({ env: "HUSH" }, hostFile)).rejects.toThrow(refusal(sentence));
    expect(await faultOfSecret({ env: "HUSH" }, hostFile)).toBe(sentence);
    vi.stubEnv("HUSH", "");
    const empty = refusal("the environment variable HUSH is empty; expected a secret");
    await expect(fetchSecret({ env: "HUSH" }, hostFile)).rejects.toThrow(empty);
  });
});

describe("a secret from a file", () => {
  test("is its first line, without the line end", async () => {
    await write("secret", " hunter2 \r\nnote\n");
    expect(await fetchSecret({ file: "secret" }, hostFile)).toBe(" hunter2 ");
    expect(await fetchSecret({ file: join(directory, "secret") }, "elsewhere/h.yaml")).toBe(" hunter2 ");
    expect(await faultOfSecret({ file: "secret" }, hostFile)).toBeUndefined();
  });

  test.each([0o640, 0o604, 0o660])("is refused when others can read it (%o)", async (mode) => {
    const path = await write("secret", "hunter2", mode);
    const sentence = `${path} contains a password and other users can read it; run: chmod 600 ${path}`;
    await expect(fetchSecret({ file: "secret" }, hostFile)).rejects.toThrow(refusal(sentence));
    expect(await faultOfSecret({ file: "secret" }, hostFile)).toBe(sentence);
  });

  test("is octets, which need not be UTF-8", async () => {
    const path = await write("secret", "");
    await writeFile(path, Buffer.from([0x63, 0xe9, 0x0a]));
    expect(await fetchSecret({ file: "secret" }, hostFile)).toBe("c\udce9");
    expect(await fetchSecret({ command: ["cat", path] }, hostFile)).toBe("c\udce9");
  });

  test("is no directory", async () => {
    await mkdir(join(directory, "secret"), { mode: 0o700 });
    const sentence = `${join(directory, "secret")} cannot be read (EISDIR)`;
    await expect(fetchSecret({ file: "secret" }, hostFile)).rejects.toThrow(refusal(sentence));
  });

  test("may be a pipe, which is not waited for without end", async () => {
    const pipe = join(directory, "pipe");
    execFileSync("mkfifo", ["-m", "600", pipe]);
    const late = refusal(`${pipe} could not be read within 0.3 s`);
    await expect(fetchSecret({ file: pipe }, hostFile, 300)).rejects.toThrow(late);
    // Lets go of who still waits to open it.
    execFileSync("sh", ["-c", `: > "${pipe}"`]);
  });

  test("has to be there and to have something in it", async () => {
    const sentence = `file not found: ${join(directory, "secret")}`;
    await expect(fetchSecret({ file: "secret" }, hostFile)).rejects.toThrow(refusal(sentence));
    expect(await faultOfSecret({ file: "secret" }, hostFile)).toBe(sentence);
    await write("secret", "\nhunter2\n");
    const empty = refusal("the file secret is empty; expected a secret");
    await expect(fetchSecret({ file: "secret" }, hostFile)).rejects.toThrow(empty);
  });

  test("may be one of systemd's credentials, which systemd guards", async () => {
    await mkdir(join(directory, "credentials"));
    await write("credentials/secret", "from systemd", 0o440);
    await write("secret", "beside", 0o600);
    await write("other", "beside", 0o600);
    vi.stubEnv("CREDENTIALS_DIRECTORY", join(directory, "credentials"));
    expect(await fetchSecret({ file: "secret" }, hostFile)).toBe("from systemd");
    expect(await faultOfSecret({ file: "secret" }, hostFile)).toBeUndefined();
    expect(await fetchSecret({ file: "other" }, hostFile)).toBe("beside");
  });
});

describe("a secret from a command", () => {
  const node = (script: string): SecretSource => ({ command: [process.execPath, "-e", script] });

  test("is the first line it writes, and no shell looks at its words", async () => {
    expect(await fetchSecret(node("console.log('hunter2'); console.log('note')"), hostFile)).toBe("hunter2");
    expect(await fetchSecret({ command: ["printf", "%s", "$HOME;*"] }, hostFile)).toBe("$HOME;*");
  });

  test("that ignores being asked to end is ended all the same", async () => {
    const stubborn = node("process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000)");
    const late = refusal(`${process.execPath} did not finish within 0.3 s`);
    await expect(fetchSecret(stubborn, hostFile, 300)).rejects.toThrow(late);
  });

  test("that leaves a child of its own behind is not waited for", async () => {
    const leaving = { command: ["sh", "-c", "sleep 8 & sleep 8"] };
    await expect(fetchSecret(leaving, hostFile, 300)).rejects.toThrow(
      refusal("sh did not finish within 0.3 s"),
    );
  });

  test("is reported by name and status when it fails, never by its output", async () => {
    const failing = node("console.log('hunter2'); console.error('hunter2'); process.exitCode = 3");
    const error: unknown = await fetchSecret(failing, hostFile).catch((thrown: unknown) => thrown);
    expect(error).toEqual(refusal(`${process.execPath} ended with status 3`));
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("hunter2");
  });

  test("has to be there and to write something", async () => {
    const none: SecretSource = { command: ["no-such-program-here", "x"] };
    await expect(fetchSecret(none, hostFile)).rejects.toThrow(
      refusal("program not found: no-such-program-here"),
    );
    const silent = refusal("the first line that true wrote is empty; expected a secret");
    await expect(fetchSecret({ command: ["true"] }, hostFile)).rejects.toThrow(silent);
  });

  test("is not run to see whether it works", async () => {
    expect(await faultOfSecret({ command: ["no-such-program-here"] }, hostFile)).toBeUndefined();
  });
});

describe("the netrc file", () => {
  test("is the one that $NETRC names, and need not be there", async () => {
    vi.stubEnv("NETRC", await write("netrc", "machine h login me password hunter2"));
    expect(await netrcEntry("h", undefined)).toMatchObject({ login: "me", password: "hunter2" });
    expect(await netrcEntry("other", undefined)).toBeUndefined();
    vi.stubEnv("NETRC", join(directory, "none"));
    expect(await netrcEntry("h", undefined)).toBeUndefined();
  });

  test("else it is in the home directory", async () => {
    await write(".netrc", "machine h login me password hunter2");
    vi.stubEnv("NETRC", "");
    vi.stubEnv("HOME", directory);
    expect(await netrcEntry("h", "me")).toMatchObject({ password: "hunter2" });
  });

  test("is refused when others can read a password in it that is one", async () => {
    const path = await write(
      "netrc",
      "machine a login anonymous password me@ machine h password hunter2",
      0o644,
    );
    vi.stubEnv("NETRC", path);
    expect(await netrcEntry("a", undefined)).toMatchObject({ password: "me@" });
    const sentence = `${path} contains a password and other users can read it; run: chmod 600 ${path}`;
    await expect(netrcEntry("h", "me")).rejects.toThrow(new ConfigError(sentence));
  });
});
