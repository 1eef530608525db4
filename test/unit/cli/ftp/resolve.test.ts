import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveServer } from "../../../../src/cli/ftp/resolve.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-resolve-"));
  await mkdir(join(root, "hosts"));
  await writeFile(
    join(root, "hosts/archive.yaml"),
    "address: archive.example.org\nport: 2121\nuser: me\ntls:\n  policy: required\n",
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

const resolved = (text: string, port?: number) =>
  resolveServer(port === undefined ? { text } : { text, port }, {
    directories: { config: root, jobs: root },
    isAutomatic: false,
  });

test.each([
  ["ftp.example.org", undefined, "ftp.example.org", 21, "prefer", "explicit"],
  ["ftp.example.org", 2121, "ftp.example.org", 2121, "prefer", "explicit"],
  ["ftp.example.org:2121", undefined, "ftp.example.org", 2121, "prefer", "explicit"],
  ["me@ftp.example.org", undefined, "ftp.example.org", 21, "prefer", "explicit"],
  ["me@example.org@ftp.example.org", undefined, "ftp.example.org", 21, "prefer", "explicit"],
  ["2001:db8::1", undefined, "2001:db8::1", 21, "prefer", "explicit"],
  ["[2001:db8::1]:2121", undefined, "2001:db8::1", 2121, "prefer", "explicit"],
  ["2001:db8::1", 2121, "2001:db8::1", 2121, "prefer", "explicit"],
  ["ftp.example.org", 990, "ftp.example.org", 990, "required", "implicit"],
  ["ftps://ftp.example.org", undefined, "ftp.example.org", 990, "required", "implicit"],
  ["archive", undefined, "archive.example.org", 2121, "required", "explicit"],
] as const)("open %s %s connects to %s, port %s, with TLS %s (%s)", async (text, at, ...expected) => {
  const { host } = await resolved(text, at);
  expect([host.address, host.port, host.tls.policy, host.tls.start]).toEqual(expected);
});

test("a user of the address logs in; a host file goes clear only where it says so", async () => {
  expect((await resolved("me@ftp.example.org")).login.user).toBe("me");
  expect((await resolved("archive")).login.user).toBe("me");
  expect((await resolved("archive")).mayGoClear).toBe(false);
  expect((await resolved("ftp.example.org")).mayGoClear).toBe(true);
});

test("what names no server says what does", async () => {
  await expect(resolved("a b")).rejects.toThrow("is no server; expected HOST, USER@HOST");
});
