// The command line as one script with its code cache, for most of a short run's time went into finding, reading and
// compiling many small files; and the servers of `fxpd demo`.
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import { build } from "esbuild";

/** What every command loads; all other packages stay where they are. */
const INSIDE = /^(zod|yaml|commander|minimatch|brace-expansion|balanced-match)(\/|$)/;

const common = {
  bundle: true,
  minifyWhitespace: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  charset: "ascii",
  logLevel: "warning",
};

const otherPackagesStayOutside = {
  name: "other packages stay outside",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === "entry-point" || INSIDE.test(path) ? undefined : { path, external: true },
    ),
};

const messagesAreInEnglish = {
  name: "messages are in English",
  setup: ({ onLoad }) =>
    onLoad({ filter: /zod.v4.locales.index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    })),
};

const program = resolve("dist/cli/program.js");
await rm("dist", { recursive: true, force: true });
await build({
  ...common,
  entryPoints: ["src/cli/program.ts"],
  outfile: program,
  banner: { js: "(function (require, url) { const module = { exports: {} };" },
  footer: { js: "return module.exports; })" },
  define: { "import.meta.url": "url" },
  plugins: [otherPackagesStayOutside, messagesAreInEnglish],
});
await build({ ...common, entryPoints: ["src/cli/main.ts"], outfile: "dist/cli/main.js" });
await build({
  ...common,
  entryPoints: ["test/servers/main.ts"],
  format: "esm",
  outfile: "dist/demo/servers.mjs",
});
await writeFile("dist/package.json", '{ "type": "commonjs" }\n');
await chmod("dist/cli/main.js", 0o755);
await writeFile(`${program}.cache`, await cacheOf(program));

/** What V8 has compiled when a file has been copied on this machine; the rest is compiled when it is needed. */
async function cacheOf(file) {
  const script = new Script(await readFile(file, "latin1"), {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
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
