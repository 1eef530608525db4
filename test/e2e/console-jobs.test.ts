import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startServer } from "../servers/index.ts";
import { MAIN } from "../support/program.ts";

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), "fxpd-jobs-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The console with these commands, to its end. */
async function consoleWith(
  commands: readonly string[],
): Promise<{ status: number | null; out: string; err: string }> {
  const words = [MAIN, "ftp", "--config", join(directory, "config"), "-c", commands.join("; ")];
  const env = { ...process.env, HOME: directory, XDG_STATE_HOME: directory };
  const child = spawn(process.execPath, words, { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const status = await new Promise<number | null>((tell) => child.on("close", tell));
  return { status, out, err };
}

test("on a server with TLS: tls tells how it is protected, and jobs that were started are listed, waited for and counted", async () => {
  await using server = await startServer({ family: "proftpd", tls: "required" });
  await writeFile(join(server.root, "a.bin"), Buffer.alloc(100_000, 7));
  await mkdir(join(directory, "config/hosts"), { recursive: true });
  await writeFile(join(directory, "secret"), server.password, { mode: 0o600 });
  const host = [
    `address: ${server.address}`,
    `port: ${server.port}`,
    `user: ${server.user}`,
    `passwordFrom: { file: ${join(directory, "secret")} }`,
    `tls: { policy: required, caFile: ${server.caFile} }`,
  ];
  await writeFile(join(directory, "config/hosts/archive.yaml"), `${host.join("\n")}\n`, { mode: 0o600 });
  const { status, out, err } = await consoleWith([
    "use archive",
    "tls",
    "fxp archive:a.bin ./ &",
    "fxp archive:missing.bin ./ &",
    "wait 1",
    "wait",
    "jobs",
    "get a.bin by-get.bin",
    "close",
    "tls off",
    "tls",
    "open archive",
  ]);
  expect(out).toMatch(
    /^archive: TLSv1\.[23], data connections protected; certificate of .*SHA-256 [0-9A-F:]+$/m,
  );
  expect(out).toContain("[1] copy archive:a.bin ./\n");
  expect(out).toContain("[1] copy archive:a.bin ./: done\n");
  expect(out).toMatch(/\[2\] copy archive:missing\.bin \.\/: failed with status \d\n/);
  expect(out).toContain("TLS of the next connections: off.\nNot connected.\n");
  for (const name of ["a.bin", "by-get.bin"])
    expect((await readFile(join(directory, name))).equals(Buffer.alloc(100_000, 7))).toBe(true);
  // A host file that demands TLS is not weakened by a command.
  expect([status, err]).toEqual([1, expect.stringContaining("tls: off would weaken that")]);
});
