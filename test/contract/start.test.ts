import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleProgram, bundleScripts, type Script } from "../../.config/bundling.mjs";
import { treeServer } from "../support/tree-server.ts";

const NODE_MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

let directory = "";
let scripts: Readonly<Record<string, Script>> = {};

beforeAll(async () => {
  directory = await mkdtemp(join(NODE_MODULES, ".fxpd-start-")); // from where packages are found
  await copyFile(
    fileURLToPath(new URL("../../package.json", import.meta.url)),
    join(directory, "package.json"),
  );
  ({ scripts } = await bundleScripts("src/cli/program.ts", join(directory, "dist/cli")));
  await bundleProgram("src/cli/built.ts", join(directory, "built.mjs"), "esm");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** What a command has loaded when it ends: files of ours and of packages, bytes of scripts, and modules of Node. */
async function loadedBy(...words: readonly string[]) {
  const program = `
    const { loadBuilt } = await import(${JSON.stringify(pathToFileURL(join(directory, "built.mjs")))});
    const { exported, loaded } = loadBuilt(${JSON.stringify(join(directory, "dist/cli/program.js"))});
    await exported.run(process.argv.slice(1));
    const told = { scripts: [...loaded().keys()], builtin: process.moduleLoadList };
    process.on("exit", () => process.stderr.write(JSON.stringify(told)));`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", program, "--", ...words],
    { cwd: directory, env: { PATH: process.env["PATH"], HOME: directory } },
  );
  const told = JSON.parse(stderr) as { scripts: readonly string[]; builtin: readonly string[] };
  const own = told.scripts.map((name) => scripts[name]);
  return {
    stdout,
    files: own.flatMap((script) => script?.files ?? []),
    bytes: own.reduce((sum, script) => sum + (script?.bytes ?? Number.NaN), 0),
    builtin: told.builtin.map((name) => name.replace(/^NativeModule /, "")),
  };
}

const packagesIn = (files: readonly string[]) =>
  new Set(files.flatMap((file) => /node_modules\/([^/]+)/.exec(file)?.[1] ?? []));

describe("what a command does not need is not loaded", () => {
  test.each([
    ["--version", /^\d+\.\d+\.\d+/],
    ["--help", /mirror[^]+ls[^]+daemon/],
    ["ls --help", /--recursive/],
  ])("%s loads no schemas, no parsers, and nothing that speaks to a server", async (words, shown) => {
    const { stdout, files, bytes, builtin } = await loadedBy(...words.split(" "));
    expect(stdout).toMatch(shown);
    expect(packagesIn(files)).toEqual(new Set(["commander"]));
    expect(
      files.filter((file) => /^src\/(ftp\/(session|connection)|config\/schema|wiring)\//.test(file)),
    ).toEqual([]);
    expect(bytes).toBeLessThan(300_000);
    for (const name of ["tls", "crypto", "dns", "child_process"]) expect(builtin).not.toContain(name);
  });

  test("ls of a server without TLS loads no TLS and no way to start programs, and nothing that copies", async () => {
    await using server = await treeServer({
      tree: (path) => (path === "/" ? [{ name: "a.iso", kind: "file", sizeBytes: 7 }] : undefined),
    });
    const { stdout, files, bytes, builtin } = await loadedBy("ls", `ftp://${server.address}:${server.port}/`);
    expect(stdout).toMatch(/^- +7 .* a\.iso$/m);
    expect(packagesIn(files)).toEqual(new Set(["commander", "zod"]));
    const others = files.filter((file) => /^src\/(mirror|orchestrator|api|console|schedule)\//.test(file));
    expect(others.filter((file) => !/(errors|safeguards)\.ts$/.test(file))).toEqual([]);
    expect(bytes).toBeLessThan(970_000);
    expect(builtin).toContain("net");
    for (const name of ["tls", "child_process", "http"]) expect(builtin).not.toContain(name);
  });
});
