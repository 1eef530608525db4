import type { Plugin as EsbuildPlugin } from "esbuild";
import type { Plugin as VitePlugin } from "vitest/config";

export function compileTypeScript(
  source: string,
  file: string,
): { readonly code: string; readonly map: { readonly mappings: string } };
export const typeScriptForEsbuild: EsbuildPlugin;
export const typeScriptForVite: VitePlugin;
