/** One script of several. */
export interface Script {
  readonly bytes: number;
  /** The files that are in it. */
  readonly files: readonly string[];
  /** The file that it was made for; undefined for what others share. */
  readonly entryPoint: string | undefined;
  /** The scripts that it loads when it is loaded, and those that it loads by `import()`. */
  readonly atOnce: readonly string[];
  readonly later: readonly string[];
}
export function bundleScripts(
  source: string,
  directory: string,
): Promise<{ readonly files: readonly string[]; readonly scripts: Readonly<Record<string, Script>> }>;
export function bundleProgram(
  source: string,
  outfile: string,
  format: "cjs" | "esm",
): Promise<readonly string[]>;
