// The command line as a few scripts with their code cache, for most of a short run's time went into finding, reading and
// compiling many small files; and the servers of `fxpd demo`, and the page of `fxpd api`. All packages are in them.
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { bundleProgram, bundleScripts } from "./bundling.mjs";
import { bundleDashboard } from "./dashboard.mjs";
import { thirdParties } from "./licences.mjs";

for (const one of [process, process.stdout, process.stderr]) one.setMaxListeners(0); // each command that runs here adds its own
const program = resolve("dist/cli/program.js");
await rm("dist", { recursive: true, force: true });
const { files: ofProgram } = await bundleScripts("src/cli/program.ts", "dist/cli");
const files = [
  ofProgram,
  await bundleProgram("src/cli/main.ts", "dist/cli/main.js", "cjs"),
  await bundleProgram("test/servers/main.ts", "dist/demo/servers.mjs", "esm"),
  await bundleDashboard("src/dashboard", "dist/dashboard"),
];
await writeFile("dist/THIRD-PARTY.md", await thirdParties(files.flat()));
await writeFile("dist/package.json", '{ "type": "commonjs" }\n');
await chmod("dist/cli/main.js", 0o755);
await keepCompiled(program);

/** Keeps the manual page, and what V8 has compiled when the usual commands have run; the rest is compiled when it is needed. */
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
    await warmUp(exported.run, directory);
    // As Node has it: V8 takes compiled code only where all its flags are what they were.
    setFlagsFromString("--heap-growing-percent=0");
    await writeFile(cacheOf(file), compiled());
    if (!(await isTaken(loader, file))) await withoutCompiled(cacheOf(file));
    await writeManual(exported.program, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Whether a process without options of its own takes it; V8 says nothing where it does not, and compiles it all anew. */
async function isTaken(loader, file) {
  const loading = `const { loadBuilt } = await import(${JSON.stringify(loader)});
    const { loaded } = loadBuilt(${JSON.stringify(file)});
    process.exitCode = [...loaded().values()].every(Boolean) ? 0 : 1;`;
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", loading], { env });
  return child.then(
    () => true,
    () => false,
  );
}

/** @throws where nobody has given options to this process: then a module sets one while it is loaded */
async function withoutCompiled(cache) {
  await rm(cache);
  if (process.execArgv.length === 0 && !process.env.NODE_OPTIONS)
    throw new Error(
      "V8 does not take the compiled code in another process: a module sets an option of V8 while it is loaded",
    );
  console.error(
    "fxpd is built without compiled code, and starts more slowly: Node.js was started with options; unset NODE_OPTIONS to build it with compiled code",
  );
}

async function writeManual(commands, directory) {
  const writer = join(directory, "manual.cjs");
  await bundleProgram("src/cli/manual/manual.ts", writer, "cjs");
  const { manualOf } = await import(writer);
  const { version } = JSON.parse(await readFile("package.json", "utf8"));
  await mkdir("dist/man", { recursive: true });
  await writeFile("dist/man/fxpd.1", manualOf(commands, version));
}

/** Copies and mirrors to servers of the tests, one with MLSD and one without, and lists what is there. */
async function warmUp(run, directory) {
  const servers = join(directory, "server.mjs");
  await bundleProgram("test/support/tree-server.ts", servers, "esm");
  const { treeServer } = await import(servers);
  await mkdir(join(directory, "config/hosts"), { recursive: true });
  await writeFile(join(directory, "one"), "one");
  await mkdir(join(directory, "tree"));
  await writeFile(join(directory, "tree/two"), "two");
  const { write } = process.stdout;
  for (const form of ["facts", "lines"]) {
    const { address, port, user, password, leave } = await treeServer({ form });
    process.env.FXPD_BUILD = password;
    const host = { address, port, user, passwordFrom: { env: "FXPD_BUILD" }, tls: "off" };
    await writeFile(join(directory, `config/hosts/${form}.yaml`), JSON.stringify(host), { mode: 0o600 });
    for (const words of [
      ["copy", join(directory, "one"), `${form}:/one`],
      ["mirror", join(directory, "tree"), `${form}:/tree`],
      ["ls", `${form}:/`],
    ]) {
      process.stdout.write = () => true; // what is listed is nobody's business
      await run([...words, "--quiet", "--config", join(directory, "config")]).finally(
        () => (process.stdout.write = write),
      );
      if (process.exitCode !== 0) throw new Error(`what was built cannot ${words.join(" ")}`);
    }
    await leave();
  }
}
