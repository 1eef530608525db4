/** What is behind `#/`, in parts; what is not percent-encoded as it should be stays as it is. */
export function routeOf(hash: string): readonly string[] {
  return hash.replace(/^#\/?/, "").split("/").map(decoded);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a page, whatever is in the names. */
export function hrefOf(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}
