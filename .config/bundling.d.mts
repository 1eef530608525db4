export function bundleScript(source: string, outfile: string): Promise<void>;
export function bundleProgram(source: string, outfile: string, format: "cjs" | "esm"): Promise<void>;
