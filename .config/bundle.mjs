// The command line in few files: most of a short run's time went into finding and reading many small ones.
import { rm } from "node:fs/promises";
import { build } from "esbuild";

/** What every command loads; all other packages stay where they are. */
const INSIDE = /^(zod|yaml|commander|minimatch|brace-expansion|balanced-match)(\/|$)/;

await rm("dist/cli/chunks", { recursive: true, force: true });
await build({
  entryPoints: ["src/cli/main.ts"],
  outdir: "dist/cli",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  minifyWhitespace: true,
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "warning",
  // yaml asks for modules of Node in CommonJS's way.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
  plugins: [
    {
      name: "other packages stay outside",
      setup: ({ onResolve }) =>
        onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
          kind === "entry-point" || INSIDE.test(path) ? undefined : { path, external: true },
        ),
    },
    {
      name: "messages are in English",
      setup: ({ onLoad }) =>
        onLoad({ filter: /zod.v4.locales.index\.js$/ }, () => ({
          contents: 'export { default as en } from "./en.js";',
        })),
    },
  ],
});
