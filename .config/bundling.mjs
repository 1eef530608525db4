// How files become one: what the build and the test of the build have in common.
import { build } from "esbuild";
import { typeScriptForEsbuild } from "./typescript.mjs";

/** What every command loads, and no user has to install; all other packages stay where they are. */
const INSIDE = /^(zod|yaml|commander|re2js)(\/|$)/;

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

/** Names, lines and comments stay: a stack trace has to be readable, and the code cache makes up for their length. */
const common = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "cjs",
  charset: "ascii",
  logLevel: "warning",
  plugins: [typeScriptForEsbuild, otherPackagesStayOutside, messagesAreInEnglish],
};

/**
 * A script whose value is a function of `require` and of its own URL; that returns what `source` exports.
 * @returns all files that are in it
 */
export async function bundleScript(source, outfile) {
  return bundled({
    ...common,
    entryPoints: [source],
    outfile,
    banner: { js: "(function (require, url) { const module = { exports: {} };" },
    footer: { js: "return module.exports; })" },
    define: { "import.meta.url": "url" },
    // A script that comes from a code cache cannot import(): what is imported late is required late.
    supported: { "dynamic-import": false },
  });
}

/** A program that Node starts. @returns all files that are in it */
export async function bundleProgram(source, outfile, format) {
  return bundled({ ...common, entryPoints: [source], outfile, format });
}

async function bundled(options) {
  const { metafile } = await build({ ...options, metafile: true });
  return Object.keys(metafile.inputs);
}
