// How files become few: what the build and the test of the build have in common.
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { build, transform } from "esbuild";
import { compiled, typeScriptForEsbuild } from "./compiled.mjs";

/** Packages that are loaded only when they are first used: each is a script of its own. */
const LATE = ["yaml", "re2js", "iconv-lite"];

/** What is loaded where it is installed, by packages of which we use another part. */
const OPTIONAL = ["pg", "@valkey/valkey-glide"];

/**
 * All packages are taken in, so that nobody installs any: what is optional in one of them is missing, msgpackr goes without
 * its native code, and each late package is required.
 */
const packagesAreInside = {
  name: "packages are inside",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir }) => {
      if (kind === "entry-point") return undefined;
      if (LATE.includes(path)) return { path, external: true };
      if (OPTIONAL.includes(path)) return { path, namespace: "missing" };
      if (path === "msgpackr")
        return { path: join(dirname(createRequire(`${resolveDir}/`).resolve(path)), "../index.js") };
      return undefined;
    });
    onLoad({ filter: /^/, namespace: "missing" }, ({ path }) => ({
      contents: `throw new Error("${path} is not installed");`,
    }));
  },
};

const messagesAreInEnglish = {
  name: "messages are in English",
  setup: ({ onLoad }) =>
    onLoad({ filter: /zod.v4.locales.index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    })),
};

/** TypeScript, with zod taken by its names: by its one big object all of it would be loaded. */
const zodByItsNames = {
  name: "zod by its names",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const { code } = await compiled(path);
      return {
        contents: code.replace(/^import { z } from "zod";$/m, 'import * as z from "zod";'),
        loader: "js",
      };
    }),
};

/** Commander starts programs for commands that are files of their own; ours are not, and what starts programs is large. */
const commanderStartsNothing = {
  name: "commander starts nothing",
  setup: ({ onLoad }) =>
    onLoad({ filter: /commander.lib.command\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace(
        "const childProcess = require('node:child_process');",
        "const childProcess = { spawn: (...given) => require('node:child_process').spawn(...given) };",
      );
      if (contents === text) throw new Error("commander does not load node:child_process as it did");
      return { contents };
    }),
};

/** Names and lines stay: a stack trace has to be readable, and the code cache makes up for their length. */
const common = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  charset: "ascii",
  logLevel: "warning",
  metafile: true,
  mainFields: ["module", "main"],
  conditions: [],
};

/**
 * A script for what is loaded at the start, one for each `import()` and for each late package, and others for what several
 * of them share. Each is a function of `require`, which is to find the others too, and of its own URL, and returns its
 * exports (`cli/built.ts`).
 * @returns all files that are in them, and for each script what it loads at once, what later, and its size in bytes
 */
export async function bundleScripts(source, directory) {
  await mkdir(directory, { recursive: true });
  const modules = await build({
    ...common,
    entryPoints: [source],
    outdir: directory,
    write: false,
    format: "esm",
    splitting: true,
    define: { "import.meta.url": "url", __dirname: "url", FXPD_BUILD: JSON.stringify(await commit()) },
    plugins: [...[zodByItsNames, commanderStartsNothing, messagesAreInEnglish, packagesAreInside]],
  });
  const packages = await build({
    ...common,
    entryPoints: LATE,
    outdir: directory,
    write: false,
    format: "cjs",
  });
  const scripts = {};
  for (const { metafile, outputFiles } of [modules, packages])
    for (const [path, { imports, inputs, entryPoint }] of Object.entries(metafile.outputs)) {
      const name = basename(path);
      const { text } = outputFiles.find((one) => basename(one.path) === name);
      if (/^var init_\w+ = __esm\(/m.test(text))
        throw new Error(
          `${name} has modules that require() loads: they would be exported before they have run`,
        );
      const script = metafile === modules.metafile ? await scriptOf(text) : wrapped(text);
      await writeFile(join(directory, name), script, "latin1");
      const imported = (kind) => imports.filter((one) => one.kind === kind && !one.external);
      scripts[name] = {
        ...{ bytes: script.length, files: Object.keys(inputs), entryPoint },
        atOnce: imported("import-statement").map((one) => basename(one.path)),
        later: imported("dynamic-import").map((one) => basename(one.path)),
      };
    }
  requireNoCircle(scripts);
  return { files: Object.values(scripts).flatMap(({ files }) => files), scripts };
}

/**
 * A module as a script. What Node has built in, and each late package, is required when it is first used: TLS alone takes
 * milliseconds.
 */
async function scriptOf(module) {
  const { code } = await transform(module.replaceAll(/^\/\/ (?=(src|node_modules)\/)/gm, "//! "), {
    ...{ format: "cjs", platform: "node", target: "node20.19", charset: "ascii", legalComments: "inline" },
    // A script that comes from a code cache cannot import(): what is imported late is required late.
    supported: { "dynamic-import": false },
  });
  let script = code.replaceAll(/^( *)\/\/! /gm, "$1// ");
  for (const [line, name, before, wanted, after] of code.matchAll(REQUIRED)) {
    if (!LATE.includes(wanted) && !wanted.startsWith("node:")) continue;
    const required = `${before}require("${LATE.includes(wanted) ? `./${wanted}.js` : wanted}")${after}`;
    script = script.replace(line, `var ${name};`);
    if (new RegExp(`(?<!^var )\\b${name}\\b(?!\\.)`, "m").test(script))
      throw new Error(`${wanted} is handed on as a whole`);
    script = script.replaceAll(`${name}.`, `(${name} ??= ${required}).`);
  }
  return wrapped(script);
}

const REQUIRED = /^var (import_\w+) = (|__toESM\()require\("([^"]+)"\)((?:, 1)?\)?);$/gm;

/** What is not ASCII is left in comments of packages alone; of each character the reader of a script takes one byte. */
const wrapped = (script) =>
  `(function (require, url) { const module = { exports: {} }; const exports = module.exports;${ascii(script)}\nreturn module.exports; })`;

const ascii = (script) =>
  script.replaceAll(/[^\x00-\x7f]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Exports are handed on when a script has ended, so that none may need another that waits for it. */
function requireNoCircle(scripts) {
  const done = new Set();
  const visit = (name, path) => {
    if (path.includes(name)) throw new Error(`scripts in a circle: ${[...path, name].join(" → ")}`);
    if (done.has(name)) return;
    for (const other of scripts[name].atOnce) visit(other, [...path, name]);
    done.add(name);
  };
  for (const name of Object.keys(scripts)) visit(name, []);
}

/** What is built, as Git names it; empty where there is no Git, as in an image's build. */
async function commit() {
  const { stdout } = await promisify(execFile)("git", [
    "--git-dir=.git",
    "rev-parse",
    "--short=10",
    "HEAD",
  ]).catch(() => ({
    stdout: "",
  }));
  return stdout.trim();
}

/** A program that Node starts. @returns all files that are in it */
export async function bundleProgram(source, outfile, format) {
  await mkdir(dirname(outfile), { recursive: true });
  const { metafile } = await build({
    ...{ ...common, entryPoints: [source], outfile, format },
    plugins: [typeScriptForEsbuild, messagesAreInEnglish],
  });
  return Object.keys(metafile.inputs);
}
