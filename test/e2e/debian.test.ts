import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { treeOf } from "../support/trees.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let work: string;
let tree: string;
let archive: string;
let server: TreeServer;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-debian-"));
  tree = join(work, "tree");
  const { stdout } = await run(join(ROOT, ".config/debian"), [work]);
  archive = stdout.trim();
  await run("dpkg-deb", ["-x", archive, tree]);
  server = await treeServer({ tree: treeOf({ files: 2, directories: 1 }) });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
});

/** The program of the package, without any other file of this repository. */
const fxpd = (...words: readonly string[]) =>
  run(join(tree, "usr/bin/fxpd"), words, {
    cwd: work,
    env: { PATH: process.env["PATH"], HOME: work, SECRET: server.password },
  });

describe("the Debian package", () => {
  test("says its version, and what it needs", async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect((await fxpd("--version")).stdout).toMatch(new RegExp(`^${version} `));
    const { stdout } = await run("dpkg-deb", ["--field", archive, "Version", "Depends", "Architecture"]);
    expect(stdout.trim().split("\n").sort()).toEqual([
      "Architecture: all",
      "Depends: nodejs (>= 20.19)",
      `Version: ${version}`,
    ]);
  });

  test("lists a directory of a server", async () => {
    const { address, port, user } = server;
    await mkdir(join(work, "config/hosts"), { recursive: true });
    const host = { address, port, user, passwordFrom: { env: "SECRET" }, tls: "off" };
    await writeFile(join(work, "config/hosts/archive.yaml"), JSON.stringify(host), { mode: 0o600 });
    const { stdout } = await fxpd("ls", "archive:/", "--json");
    expect(stdout.trim().split("\n").length).toBeGreaterThan(0);
    expect(server.count("MLSD", "LIST")).toBeGreaterThan(0);
  });

  test("has in it what the daemon loads", async () => {
    const nowhere = join(work, "nowhere");
    await mkdir(nowhere, { recursive: true });
    await writeFile(join(nowhere, "daemon.yaml"), 'redis: { url: "redis://127.0.0.1:1" }');
    const failed = fxpd("runs", "--config", nowhere);
    await expect(failed).rejects.toMatchObject({ code: 3, stderr: expect.stringMatching(/no Redis at/) });
  });

  test("is owned by root; only the directory of secrets is closed to others", async () => {
    const { stdout } = await run("dpkg-deb", ["--contents", archive], { maxBuffer: 2 ** 24 });
    const lines = stdout.trim().split("\n");
    const path = (line: string) => /\s(\.\/\S*)(?: -> .*)?$/.exec(line)?.[1];
    for (const line of lines) expect(line).toMatch(/^\S+ root\/root /);
    const open = lines.filter((line) => /^.....w|^........w/.test(line) && !line.startsWith("l"));
    expect(open).toEqual([]);
    expect(lines.filter((line) => line.startsWith("drwx------")).map(path)).toEqual(["./etc/fxpd/secrets/"]);
    const names = new Set(lines.map(path));
    for (const name of [
      "usr/share/man/man1/fxpd.1.gz",
      "usr/lib/systemd/system/fxpd.service",
      "usr/share/bash-completion/completions/fxpd",
      "usr/share/zsh/vendor-completions/_fxpd",
      "usr/share/fish/vendor_completions.d/fxpd.fish",
      "usr/share/doc/fxpd/copyright",
      "usr/share/doc/fxpd/examples/logrotate",
      "etc/fxpd/hosts/",
      "etc/fxpd/jobs/",
    ])
      expect(names).toContain(`./${name}`);
  });

  test("brings settings that are valid", async () => {
    const { stdout } = await fxpd("check", "--config", join(tree, "etc/fxpd"));
    expect(stdout).toMatch(/0 hosts in .*: valid$/m);
  });
});
