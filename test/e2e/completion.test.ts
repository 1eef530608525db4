import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
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
  for (const directory of ["bin", "config/hosts", "jobs", "files"])
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

test.each(["zsh", "fish", "powershell"])("there is a script for %s", async (shell) => {
  const { stdout } = await run("fxpd", ["completion", shell], { env, cwd: work });
  expect(stdout).toContain("fxpd __complete");
});

test("another shell is refused in a sentence", async () => {
  await expect(run("fxpd", ["completion", "tcsh"], { env, cwd: work })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("unknown shell"),
  });
});
