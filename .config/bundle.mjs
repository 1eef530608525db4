// The command line as one script with its code cache, for most of a short run's time went into finding, reading and
// compiling many small files; and the servers of `fxpd demo`, and the page of `fxpd api`.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { bundleProgram, bundleScript } from "./bundling.mjs";
import { bundleDashboard } from "./dashboard.mjs";
import { thirdParties } from "./licences.mjs";

const program = resolve("dist/cli/program.js");
await rm("dist", { recursive: true, force: true });
const files = [
  await bundleScript("src/cli/program.ts", program),
  await bundleProgram("src/cli/main.ts", "dist/cli/main.js", "cjs"),
  await bundleProgram("test/servers/main.ts", "dist/demo/servers.mjs", "esm"),
  await bundleDashboard("src/dashboard", "dist/dashboard"),
];
await writeFile("dist/THIRD-PARTY.md", await thirdParties(files.flat()));
await writeFile("dist/package.json", '{ "type": "commonjs" }\n');
await chmod("dist/cli/main.js", 0o755);
await keepCompiled(program);

/** Keeps what V8 has compiled when a file has been copied on this machine; the rest is compiled when it is needed. */
async function keepCompiled(file) {
  const directory = await mkdtemp(join(tmpdir(), "fxpd-build-"));
  // What the person who builds has set is not asked for.
  for (const name of ["FXPD_CONFIG", "FXPD_JOBS"]) delete process.env[name];
  process.env.FXPD_STATE = join(directory, "state");
  try {
    const loader = join(directory, "built.mjs");
    await bundleProgram("src/cli/built.ts", loader, "esm");
    const { loadBuilt, cacheOf } = await import(loader);
    const { exported, compiled } = loadBuilt(file);
    await writeFile(join(directory, "one"), "one");
    await exported.run(["copy", "--quiet", join(directory, "one"), join(directory, "two")]);
    if (process.exitCode !== 0) throw new Error("what was built cannot copy a file");
    await writeFile(cacheOf(file), compiled());
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
