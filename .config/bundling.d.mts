export function bundleScript(source: string, outfile: string): Promise<readonly string[]>;
export function bundleProgram(
  source: string,
  outfile: string,
  format: "cjs" | "esm",
): Promise<readonly string[]>;
