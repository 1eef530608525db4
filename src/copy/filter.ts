import { ConfigError, messageOf } from "../shared/errors.ts";
import { alternativesOf, globBelow } from "./glob.ts";

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
 * @throws ConfigError
 */
export function parseFilter(text: string): Filter {
  return text.startsWith(EXPRESSION) ? expressionFilter(text) : globFilter(text);
}

const EXPRESSION = "re:";

function globFilter(text: string): Filter {
  const isForDirectories = text.endsWith("/");
  const path = text.replace(/^\//, "").replace(/\/$/, "");
  const names = path === "" ? [""] : alternativesOf(path).flatMap((one) => one.split("/"));
  if (names.some((name) => name === "" || name === "." || name === "..")) {
    throw new ConfigError(
      `"${text}" is no path below the source directory; expected names, none of them empty, . or ..`,
    );
  }
  const isAnywhere = !text.slice(0, -1).includes("/");
  const whole = isAnywhere ? `**/${path}` : path;
  const glob = globBelow("", whole);
  const [, stem] = isForDirectories ? [] : (/^(.+)\/\*\*?$/s.exec(whole) ?? []);
  const filled = stem === undefined ? undefined : globBelow("", stem);
  return {
    matches: (path, isDirectory) => (isDirectory || !isForDirectories) && glob.matches(path),
    mayHold: (directory) => glob.mayHold(directory),
    fills: (directory) => filled?.matches(directory) ?? false,
  };
}

/** Beware: an expression may need very long for a name made for that; a glob does not. */
function expressionFilter(text: string): Filter {
  const expression = expressionOf(text);
  return { matches: (path) => expression.test(path), mayHold: () => true, fills: () => false };
}

function expressionOf(text: string): RegExp {
  try {
    return new RegExp(text.slice(EXPRESSION.length), "su");
  } catch (error) {
    const why = messageOf(error).replace(/^.*: /s, "");
    throw new ConfigError(`"${text}" is no regular expression: ${why}`);
  }
}
