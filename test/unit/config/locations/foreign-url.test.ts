import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { foreignSettings } from "../../../../src/config/locations/foreign-url.ts";
import { type Location, parseLocation } from "../../../../src/config/locations/location.ts";

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "fxpd-foreign-"));
  await mkdir(join(path, "hosts"));
  await writeFile(
    join(path, "netrc"),
    "machine 192.0.2.9 login me password hush\ndefault login all password hush2\n",
  );
  await chmod(join(path, "netrc"), 0o600);
  vi.stubEnv("NETRC", join(path, "netrc"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(path, { recursive: true });
});

const host = (name: string, ...lines: readonly string[]) =>
  writeFile(join(path, `hosts/${name}.yaml`), `${lines.join("\n")}\n`);

function settings(url: string) {
  const location = parseLocation(url) as Extract<Location, { kind: "url" }>;
  return foreignSettings(location, { config: path, jobs: path }, {});
}

test.each(["ftp://192.0.2.9/x", "ftp://192.0.2.8:2121/x", "ftpes://192.0.2.7/x"])(
  "nothing of the netrc file is sent to %s, its default entry included",
  async (url) => {
    const { credentials } = await settings(url);
    expect(credentials.user).toBe("anonymous");
    expect(await credentials.password()).not.toContain("hush");
  },
);

test("a user whose password would have to be ours is refused", async () => {
  await expect(settings("ftp://me@192.0.2.9/x")).rejects.toThrow(
    "a URL in a request must not contain a password",
  );
});

test.each([
  ["ftp://192.0.2.9/x", "192.0.2.9"],
  ["ftp://192.0.2.9:2121/x", "192.0.2.9"],
  ["ftp://LOCALHOST/x", "localhost"],
  ["ftp://localhost./x", "localhost"],
  ["ftp://127.0.0.1/x", "localhost"],
  ["ftp://localhost/x", "127.0.0.1"],
])("%s is held to the file of a host at %s", async (url, address) => {
  await host("edge", `address: ${address}`, "tls: required");
  await expect(settings(url)).rejects.toThrow(
    "edge has tls: required in its host file; tls: off would weaken that",
  );
});

test("with TLS, the certificate that the host's file expects is expected", async () => {
  const fingerprint = "ab".repeat(32);
  await host(
    "edge",
    "address: 192.0.2.9",
    `tls: {policy: required, fingerprint: "${fingerprint}", verify: false}`,
  );
  expect((await settings("ftpes://192.0.2.9/x")).tls).toMatchObject({
    policy: "required",
    fingerprint,
    verify: true,
  });
  await expect(settings("ftp://192.0.2.10/x")).resolves.toMatchObject({ tls: { policy: "off" } });
});
