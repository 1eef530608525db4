/** Whether a name is one of these, in which `*` stands for any characters and `?` for one. */
export function matchesName(names: readonly string[], name: string): boolean {
  return names.some((pattern) => {
    const text = pattern
      .replace(/[.+^$(){}|[\]\\]/g, "\\$&")
      .replace(/\*+/g, ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${text}$`, "s").test(name);
  });
}

/** A text as a part of a regular expression that matches it, and nothing else. */
export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
