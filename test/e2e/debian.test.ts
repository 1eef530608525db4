import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { debianPackages } from "../servers/debian.ts";
import { treeOf } from "../support/trees.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A program of Debian's, with the libraries that it needs. */
async function debian(packages: readonly string[], [program = "", ...words]: readonly string[]) {
  const found = await debianPackages(packages);
  const env = { ...process.env, LD_LIBRARY_PATH: found.libraryPath };
  return [found.find(program), words, { env }] as const;
}

let work: string;
let tree: string;
let archive: string;
let server: TreeServer;
/** How the installation ended before there was Node.js. */
let refused: unknown;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-debian-"));
  tree = join(work, "tree");
  const { stdout } = await run(join(ROOT, ".config/debian"), [work]);
  archive = stdout.trim();
  await mkdir(join(tree, "var/lib/dpkg/updates"), { recursive: true });
  for (const file of ["status", "available"]) await writeFile(join(tree, "var/lib/dpkg", file), "");
  refused = await dpkg("--install", archive).catch((error: unknown) => error);
  // Whoever installs it has Node.js by a package of the same name.
  await writeFile(join(tree, "var/lib/dpkg/status"), NODEJS);
  await dpkg("--install", archive);
  server = await treeServer({ tree: treeOf({ files: 2, directories: 1 }) });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
});

const NODEJS = `Package: nodejs
Status: install ok installed
Maintainer: nobody
Architecture: all
Version: 20.19.0
Description: stands for Node.js

`;

/** In a root of its own; files can be made root's where the test is root, or is so in a namespace of users. */
function dpkg(...words: readonly string[]) {
  const options = [`--root=${tree}`, "--force-not-root", `--log=${join(work, "dpkg.log")}`];
  const command = ["dpkg", ...options, ...words];
  const [program = "", ...args] =
    process.getuid?.() === 0 ? command : ["unshare", "--map-root-user", ...command];
  const path = `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin:/sbin`;
  return run(program, args, { env: { ...process.env, PATH: path, LC_ALL: "C" } });
}

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

  test("is installed by dpkg, where there is Node.js and not before", async () => {
    expect(refused).toMatchObject({ stderr: expect.stringMatching(/fxpd depends on nodejs \(>= 20\.19\)/) });
    const { stdout } = await dpkg("--status", "fxpd");
    expect(stdout).toMatch(/^Status: install ok installed$/m);
    expect((await dpkg("--verify", "fxpd")).stdout).toBe("");
  });

  test("has a manual page that man can format, and completions that are what the command prints", async () => {
    const page = gunzipSync(await readFile(join(tree, "usr/share/man/man1/fxpd.1.gz"))).toString();
    expect(page).toMatch(/^\.TH "FXPD" 1 /);
    for (const [shell, file] of [
      ["bash", "bash-completion/completions/fxpd"],
      ["zsh", "zsh/vendor-completions/_fxpd"],
      ["fish", "fish/vendor_completions.d/fxpd.fish"],
    ] as const)
      expect((await fxpd("completion", shell)).stdout).toBe(
        await readFile(join(tree, "usr/share", file), "utf8"),
      );
  });

  test("has a unit in which systemd finds nothing wrong", async () => {
    const { stderr, stdout } = await run(
      ...(await debian(
        ["systemd"],
        ["bin/systemd-analyze", "verify", join(tree, "usr/lib/systemd/system/fxpd.service")],
      )),
    );
    expect(stderr + stdout).toBe("");
  });

  test("has an example for logrotate that it can read", async () => {
    const example = join(tree, "usr/share/doc/fxpd/examples/logrotate");
    const state = join(work, "logrotate.state");
    const { stderr } = await run(
      ...(await debian(["logrotate"], ["sbin/logrotate", "--debug", "--state", state, example])),
    );
    expect(stderr).toMatch(/^rotating pattern: \/var\/log\/fxpd\/\*\.log {2}weekly \(8 rotations\)$/m);
    expect(stderr).not.toMatch(/^error:/m);
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

  test("leaves nothing of its own when it is purged, but what the administrator has put beside it", async () => {
    await writeFile(join(tree, "etc/fxpd/hosts/mine.yaml"), "address: ftp.example.org\n");
    await dpkg("--purge", "fxpd");
    const left = await readdir(tree, { recursive: true, withFileTypes: true });
    const files = left
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    const own = files
      .map((file) => file.slice(tree.length))
      .filter((file) => !file.startsWith("/var/lib/dpkg/"));
    expect(own).toEqual(["/etc/fxpd/hosts/mine.yaml"]);
  });
});
