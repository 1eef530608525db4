import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const CACHE = new URL("../node_modules/.cache/typescript/", import.meta.url);
/** All that decides what comes of a source. */
const COMPILER = ["./typescript.mjs", "../tsconfig.json", "../node_modules/typescript/package.json"].map(
  (file) => readFileSync(new URL(file, import.meta.url), "utf8"),
);

/** What was compiled before is read; loading TypeScript takes longer than most of what is run this way. */
async function compiled(file) {
  const source = await readFile(file, "utf8");
  const key = createHash("sha256")
    .update([file, source, ...COMPILER].join("\0"))
    .digest("hex");
  const kept = fileURLToPath(new URL(`${key}.mjs`, CACHE));
  try {
    return await readFile(kept, "utf8");
  } catch {
    const { compileTypeScript } = await import("./typescript.mjs");
    const { code } = compileTypeScript(source, file);
    await mkdir(CACHE, { recursive: true });
    await writeFile(`${kept}.${process.pid}`, code);
    await rename(`${kept}.${process.pid}`, kept);
    return code;
  }
}

/** Hook of Node's loader for modules. */
export async function load(url, context, next) {
  if (!/^file:.*\.ts$/.test(url) || url.includes("/node_modules/")) return next(url, context);
  return { format: "module", source: await compiled(fileURLToPath(url)), shortCircuit: true };
}
