// The page that `fxpd api` serves: one script and one style sheet, whose names change with what is in them.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";

/** @returns all files that are in it */
export async function bundleDashboard(source, directory) {
  await mkdir(directory, { recursive: true });
  const { metafile } = await build({
    entryPoints: [join(source, "main.tsx"), join(source, "main.css")],
    outdir: directory,
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  let page = await readFile(join(source, "index.html"), "utf8");
  for (const output of Object.keys(metafile.outputs)) {
    const name = basename(output);
    page = page.replace(`/assets/${name.replace(/-[^-.]+(\.\w+)$/, "$1")}`, `/assets/${name}`);
  }
  await writeFile(join(directory, "index.html"), page);
  await copyFile(join(source, "icon.svg"), join(directory, "icon.svg"));
  return Object.keys(metafile.inputs);
}
