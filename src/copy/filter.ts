import { ConfigError } from "../shared/errors.ts";
import { alternativesOf, globBelow } from "./glob.ts";
import { expressionIn, requireSmall } from "./pattern/budget.ts";
import { Effort } from "./pattern/effort.ts";
import { Expression } from "./pattern/expression.ts";

/** What a rule matches; paths are relative to the source directory and have no slash at the end. */
export interface Filter {
  matches(path: string, isDirectory: boolean): boolean;
  /** Whether something below a directory may match; true where that cannot be known. */
  mayHold(directory: string): boolean;
  /** Whether every name in a directory matches; false where that cannot be known. */
  fills(directory: string): boolean;
}

/**
 * A glob, matched against the whole path, or against the last name where it has no slash; with a slash at its
 * end it matches directories only. Or `re:` and a regular expression, matched anywhere in the path.
 * @param effort charged with what matching costs
 * @throws ConfigError
 */
export function parseFilter(text: string, effort = new Effort()): Filter {
  requireSmall(text);
  const expression = expressionIn(text);
  return expression === undefined ? globFilter(text, effort) : expressionFilter(expression, text, effort);
}

function globFilter(text: string, effort: Effort): Filter {
  const isForDirectories = text.endsWith("/");
  const path = text.replace(/^\//, "").replace(/\/$/, "");
  const names = path === "" ? [""] : alternativesOf(path).flatMap((one) => one.split("/"));
  if (names.some((name) => name === "" || name === "." || name === "..")) {
    throw new ConfigError(
      `"${text}" is not a path below the source directory; expected names separated by /, without empty names, . or ..`,
    );
  }
  const isAnywhere = !text.slice(0, -1).includes("/");
  const whole = isAnywhere ? `**/${path}` : path;
  const glob = globBelow("", whole, effort);
  const [, stem] = isForDirectories ? [] : (/^(.+)\/\*\*?$/s.exec(whole) ?? []);
  const filled = stem === undefined ? undefined : globBelow("", stem, effort);
  return {
    matches: (path, isDirectory) => (isDirectory || !isForDirectories) && glob.matches(path),
    mayHold: (directory) => glob.mayHold(directory),
    fills: (directory) => filled?.matches(directory) ?? false,
  };
}

function expressionFilter(source: string, text: string, effort: Effort): Filter {
  const expression = new Expression(source, text);
  return { matches: (path) => expression.test(path, effort), mayHold: () => true, fills: () => false };
}
