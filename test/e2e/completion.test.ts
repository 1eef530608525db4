import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { debianPackages } from "../servers/debian.ts";
import { MAIN } from "../support/program.ts";
import { treeOf } from "../support/trees.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";

const run = promisify(execFile);

let work: string;
let server: TreeServer;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-completion-"));
  server = await treeServer({ tree: treeOf({ files: 6, directories: 3 }) });
  for (const directory of ["bin", "config/hosts", "jobs", "files", "asks"])
    await mkdir(join(work, directory), { recursive: true });
  await symlink(MAIN, join(work, "bin/fxpd"));
  const { address, port, user } = server;
  const host = `address: ${address}\nport: ${port}\nuser: ${user}\npasswordFrom: {env: SECRET}\ntls: off\n`;
  await writeFile(join(work, "config/hosts/archive.yaml"), host);
  await writeFile(
    join(work, "config/hosts/asking.yaml"),
    host.replace("{env: SECRET}", "{command: [touch, asked]}"),
  );
  for (const job of ["nightly-pub", "nightly-iso", "weekly"])
    await writeFile(join(work, `jobs/${job}.yaml`), "copy: {from: 'archive:/a', to: 'archive:/b/'}\n");
  env = {
    ...process.env,
    PATH: `${join(work, "bin")}:${process.env["PATH"]}`,
    SECRET: server.password,
    FXPD_STATE: join(work, "state"),
    XDG_CACHE_HOME: join(work, "cache"),
    // However busy this machine is.
    FXPD_COMPLETION_TIMEOUT: "60s",
  };
  const { stdout } = await run("fxpd", ["completion", "bash"], { env, cwd: work });
  await writeFile(join(work, "fxpd.bash"), stdout);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
});

/** What bash offers at the end of a line, by the function that it would call. */
async function offered(line: string): Promise<readonly string[]> {
  const script = `source fxpd.bash
COMP_LINE="$1"; COMP_POINT=\${#COMP_LINE}
_fxpd
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await run("bash", ["--norc", "-c", script, "bash", line], { cwd: work, env });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

test("bash is offered commands, options, jobs, hosts and remote paths", async () => {
  expect(await offered("fxpd comp")).toEqual(["completion"]);
  expect(await offered("fxpd copy --dry")).toEqual(["--dry-run"]);
  expect(await offered("fxpd copy --on-exists n")).toEqual(["newer"]);
  expect(await offered("fxpd run ni")).toEqual(["nightly-iso", "nightly-pub"]);
  expect(await offered("fxpd host test a")).toEqual(["archive", "asking"]);
  expect(await offered("fxpd ls ar")).toEqual(["archive:"]);
  // One name alone is a local path, where no host has it.
  expect(await offered("fxpd copy as")).toEqual(["asking:", "asks/"]);
  // Behind the colon, at which bash cuts words.
  expect(await offered("fxpd ls archive:/d")).toEqual(["/d1/", "/d2/"]);
  expect((await offered("fxpd copy archive:/d1/")).length).toBe(2);
  expect(await offered("fxpd no-such-command x")).toEqual([]);
  expect(await offered("fxpd ls nobody:/x")).toEqual([]);
});

test("a listing is asked for once, and no program is started for a password", async () => {
  await offered("fxpd ls archive:/d2/");
  const logins = server.count("PASS");
  // So that it is still believed, however long the next one takes.
  const cache = join(work, "cache/fxpd/completion");
  for (const file of await readdir(cache))
    await utimes(join(cache, file), new Date(), new Date(Date.now() + 3_600_000));
  await offered("fxpd ls archive:/d2/");
  expect(server.count("PASS")).toBe(logins);
  expect(await offered("fxpd ls asking:/")).toEqual([]);
  await expect(run("test", ["-e", join(work, "asked")])).rejects.toThrow();
});

/**
 * What zsh is given by the function that it would call, as it is sourced and as it is found in $fpath; its status says
 * whether that was anything, or zsh would go on with other completers.
 */
const ZSH = `dirs=(\${(s.:.)LD_LIBRARY_PATH}); module_path+=(\${^dirs}/zsh/*(N))
compdef() { print -r -- "registered: $*" >&2 }
added=0
compadd() { while [[ "$1" != -- ]]; do shift; done; shift; print -rl -- "$@"; added=1 }
_files() { print -r -- "files"; added=1 }
words=("\${(@z)1}"); [[ "$1" == *" " ]] && words+=(""); CURRENT=\${#words}
if [[ "$2" == sourced ]]; then source ./_fxpd; else fpath=(.); autoload -Uz _fxpd; fi
if _fxpd; then (( added )); else (( ! added )); fi`;

const inShell: Readonly<Record<string, (line: string) => Promise<readonly string[]>>> = {
  "zsh, where it is sourced": (line) => shell("zsh", ["-f", "-c", ZSH, "zsh", line, "sourced"]),
  "zsh, where it is found by its name": (line) => shell("zsh", ["-f", "-c", ZSH, "zsh", line, "autoloaded"]),
  fish: (line) =>
    shell("fish", [
      ...["--no-config", "-c"],
      "source fxpd.fish; functions -e __fish_complete_path; function __fish_complete_path; echo files; end; complete -C $argv[1]",
      line,
    ]),
};

/** Debian's shell, unpacked, and not installed. @returns the words that it offers */
async function shell(name: string, words: readonly string[]): Promise<readonly string[]> {
  const found = await debianPackages([name]);
  const settings = { ...env, HOME: work, LD_LIBRARY_PATH: found.libraryPath, LC_ALL: "C.UTF-8" };
  const { stdout, stderr } = await run(found.find(`bin/${name}`), words, { cwd: work, env: settings });
  expect(stderr.replace("registered: _fxpd fxpd\n", "")).toBe("");
  const offered = stdout.split("\n").map((line) => line.split("\t")[0] ?? "");
  return offered.filter((word) => word !== "").sort();
}

test.each(Object.keys(inShell))(
  "%s is offered commands, jobs, hosts, remote paths and files",
  async (name) => {
    const ask = inShell[name] ?? (() => Promise.resolve([]));
    for (const [as, file] of [
      ["zsh", "_fxpd"],
      ["fish", "fxpd.fish"],
    ] as const)
      await writeFile(join(work, file), (await run("fxpd", ["completion", as], { env, cwd: work })).stdout);
    expect(await ask("fxpd comp")).toEqual(["completion"]);
    expect(await ask("fxpd run ni")).toEqual(["nightly-iso", "nightly-pub"]);
    expect(await ask("fxpd ls ")).toEqual(["archive:", "asking:", "files"]);
    expect(await ask("fxpd ls archive:/d")).toEqual(["archive:/d1/", "archive:/d2/"]);
    expect(await ask("fxpd check ")).toEqual([]);
    expect(await ask("fxpd import ")).toEqual(["files"]);
  },
);

// Debian has no PowerShell to run it in.
test("there is a script for PowerShell that asks fxpd, and offers what it answers", async () => {
  const { stdout } = await run("fxpd", ["completion", "powershell"], { env, cwd: work });
  expect(stdout).toContain("Register-ArgumentCompleter -Native -CommandName fxpd");
  expect(stdout).toContain("fxpd __complete --line $line");
  expect(stdout).toContain("[System.Management.Automation.CompletionResult]::new(");
  for (const [open, close] of ["{}", "()", "[]"].map((pair) => [...pair] as [string, string]))
    expect(stdout.split(open).length).toBe(stdout.split(close).length);
});

test("another shell is refused in a sentence", async () => {
  await expect(run("fxpd", ["completion", "tcsh"], { env, cwd: work })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("unknown shell"),
  });
});
