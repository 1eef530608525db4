/** How a place writes a path, and where its paths begin: see `Side.locate`. */
interface Locating {
  readonly name: string;
  locate(path: string): string;
}

/**
 * Why a directory must not be removed or renamed with all in it; undefined where nothing is known against it. Cases of
 * letters do not count: on some servers they make no difference.
 */
export function refusalOfDirectory(side: Locating, path: string): string | undefined {
  if (path.split("/").includes("..")) return 'contains "..": write the path without it';
  const [tree, root, begin] = [path, "/", ""].map((one) => namesIn(side.locate(one)));
  if (tree === undefined || root === undefined || begin === undefined) return undefined;
  const first = side.name === "local" ? "working directory" : "login directory";
  // Where it begins need not be known, and may be the root: what is named is what was written.
  if (path.split("/").every((name) => name === "" || name === ".") && !path.startsWith("/"))
    return `is the ${first}`;
  if (isWithin(root, tree)) return "is the root directory";
  if (isWithin(tree, begin) && isWithin(begin, tree)) return `is the ${first}`;
  return isWithin(begin, tree) ? `contains the ${first}` : undefined;
}

/** Whether one path is another, or below it. */
export function isAtOrBelow(side: Locating, path: string, directory: string): boolean {
  return isWithin(namesIn(side.locate(path)), namesIn(side.locate(directory)));
}

function namesIn(location: string): readonly string[] {
  return location
    .toLowerCase()
    .split("/")
    .filter((name) => name !== "" && name !== ".");
}

function isWithin(path: readonly string[], directory: readonly string[]): boolean {
  return directory.every((name, index) => path[index] === name);
}
