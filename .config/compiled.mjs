// What TypeScript made of a file before is read: loading TypeScript takes longer than most of what is run this way, and the
// build, the package that the tests install and the tests themselves compile the same files.
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const CACHE = new URL("../node_modules/.cache/typescript/", import.meta.url);
/** All that decides what comes of a source. */
const COMPILER = ["./typescript.mjs", "../tsconfig.json", "../node_modules/typescript/package.json"].map(
  (file) => readFileSync(new URL(file, import.meta.url), "utf8"),
);

/** @returns the file as `compileTypeScript` has it: its code, and its source map */
export async function compiled(file, source) {
  const text = source ?? (await readFile(file, "utf8"));
  const key = createHash("sha256")
    .update([file, text, ...COMPILER].join("\0"))
    .digest("hex");
  const kept = fileURLToPath(new URL(`${key}.json`, CACHE));
  try {
    return JSON.parse(await readFile(kept, "utf8"));
  } catch {
    const { compileTypeScript } = await import("./typescript.mjs");
    const result = compileTypeScript(text, file);
    await keep(kept, JSON.stringify(result)).catch(() => {});
    return result;
  }
}

/** Where nothing can be written, all is only compiled more often. */
async function keep(file, text) {
  await mkdir(CACHE, { recursive: true });
  const written = `${file}.${randomUUID()}`;
  await writeFile(written, text);
  await rename(written, file);
}

/** For esbuild. */
export const typeScriptForEsbuild = {
  name: "TypeScript's own emit",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await compiled(path)).code,
      loader: "js",
    })),
};

/** For Vite, before its own plugins, which then have no TypeScript left to compile. */
export const typeScriptForVite = {
  name: "TypeScript's own emit",
  enforce: "pre",
  transform: {
    filter: { id: /\.ts$/ },
    handler: async (source, id) => ({ ...(await compiled(id, source)), moduleType: "js" }),
  },
};
