/** One entry of a netrc file; the one without a machine is the default. */
export interface NetrcEntry {
  readonly machine?: string;
  readonly login?: string;
  readonly password?: string;
  readonly account?: string;
}

/** A netrc file, as ftp(1) reads it; macro definitions are passed over. */
export function parseNetrc(text: string): readonly NetrcEntry[] {
  const entries: { machine?: string; login?: string; password?: string; account?: string }[] = [];
  const words = wordsOf(text.replace(/(^|\s)macdef\s[^]*?(\n[ \t]*\n|$(?![^]))/g, "\n"));
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const entry = entries.at(-1);
    if (word === "machine") entries.push({ machine: words.shift() ?? "" });
    else if (word === "default") entries.push({});
    else if (entry !== undefined && (word === "login" || word === "password" || word === "account")) {
      const value = words.shift();
      if (value !== undefined) entry[word] = value;
    }
  }
  return entries;
}

/** The entry for a server, and for a user where one is asked for; the default where none names it. */
export function findNetrc(
  entries: readonly NetrcEntry[],
  machine: string,
  user?: string,
): NetrcEntry | undefined {
  return entries.find((entry) => {
    const isMachine = entry.machine === undefined || entry.machine.toLowerCase() === machine.toLowerCase();
    return isMachine && (user === undefined || entry.login === undefined || entry.login === user);
  });
}

/** Words between white space; quotes hold one together, and a backslash takes the next character as it is. */
function wordsOf(text: string): string[] {
  const uncommented = text.replace(/^[ \t]*#.*$/gm, "");
  return (uncommented.match(/"(?:[^"\\]|\\[^])*"|\S+/g) ?? []).map((word) => {
    return word.startsWith('"') && word.endsWith('"') && word.length > 1
      ? word.slice(1, -1).replace(/\\([^])/g, "$1")
      : word;
  });
}
