/** One wrong line, and the tests that are expected to notice it. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Text that the file has exactly once. */
  readonly from: string;
  readonly to: string;
  /** Parts of paths of test files. */
  readonly tests: readonly string[];
}

export const mutant =
  (file: string, ...tests: readonly string[]) =>
  (name: string, from: string, to: string): Mutant => ({ name, file, from, to, tests });
