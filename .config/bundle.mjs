// The command line as one script with its code cache, for most of a short run's time went into finding, reading and
// compiling many small files; and the servers of `fxpd demo`.
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { bundleProgram, bundleScript } from "./bundling.mjs";

const program = resolve("dist/cli/program.js");
await rm("dist", { recursive: true, force: true });
await bundleScript("src/cli/program.ts", program);
await bundleProgram("src/cli/main.ts", "dist/cli/main.js", "cjs");
await bundleProgram("test/servers/main.ts", "dist/demo/servers.mjs", "esm");
await writeFile("dist/package.json", '{ "type": "commonjs" }\n');
await chmod("dist/cli/main.js", 0o755);
await writeFile(`${program}.cache`, await cacheOf(program));

/** What V8 has compiled when a file has been copied on this machine; the rest is compiled when it is needed. */
async function cacheOf(file) {
  const script = new Script(await readFile(file, "latin1"), { filename: file });
  const { run } = script.runInThisContext()(createRequire(file), String(pathToFileURL(file)));
  const directory = await mkdtemp(join(tmpdir(), "fxpd-build-"));
  // What the person who builds has set is not asked for.
  for (const name of ["FXPD_CONFIG", "FXPD_JOBS"]) delete process.env[name];
  process.env.FXPD_STATE = join(directory, "state");
  try {
    await writeFile(join(directory, "one"), "one");
    await run(["copy", "--quiet", join(directory, "one"), join(directory, "two")]);
    if (process.exitCode !== 0) throw new Error("what was built cannot copy a file");
    return script.createCachedData();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
