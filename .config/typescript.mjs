// How TypeScript becomes JavaScript, for the bundle and for the tests alike: what ships is what is tested.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const TSCONFIG = join(dirname(fileURLToPath(import.meta.url)), "../tsconfig.json");
const { config } = ts.readConfigFile(TSCONFIG, (path) => readFileSync(path, "utf8"));
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, dirname(TSCONFIG));

/**
 * One file as TypeScript itself emits it for the target of tsconfig.json. Bundlers lower `using` in ways of their own:
 * esbuild 0.28 does not reset its variables in a loop, so that what was thrown once is thrown again.
 * @returns the code, and its source map
 */
export function compileTypeScript(source, file) {
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(source, {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: {
      ...options,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      rewriteRelativeImportExtensions: false,
      noEmit: false,
      sourceMap: true,
    },
  });
  const [error] = diagnostics ?? [];
  if (error !== undefined)
    throw new SyntaxError(`${file}: ${ts.flattenDiagnosticMessageText(error.messageText, "\n")}`);
  const code = outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, "");
  return { code, map: JSON.parse(sourceMapText) };
}
