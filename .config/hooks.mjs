import { fileURLToPath } from "node:url";
import { compiled } from "./compiled.mjs";

/** Hook of Node's loader for modules. */
export async function load(url, context, next) {
  if (!/^file:.*\.ts$/.test(url) || url.includes("/node_modules/")) return next(url, context);
  return { format: "module", source: (await compiled(fileURLToPath(url))).code, shortCircuit: true };
}
