/** One entry of a netrc file; the one without a machine is the default. */
export interface NetrcEntry {
  readonly machine?: string;
  readonly login?: string;
  readonly password?: string;
  readonly account?: string;
  /** What ftp(1) runs as macros, by their names; `init` is run after login. */
  readonly macros?: ReadonlyMap<string, readonly string[]>;
}

type Draft = { -readonly [K in keyof NetrcEntry]: NetrcEntry[K] };

/**
 * A netrc file as ftp(1) and curl read it: words between white space, in double quotes where they hold some,
 * with a backslash before the next character as it is. Comments are passed over.
 */
export function parseNetrc(text: string): readonly NetrcEntry[] {
  const words = new Words(text);
  const entries: Draft[] = [];
  for (let keyword = words.next(); keyword !== undefined; keyword = words.next()) {
    const entry = entries.at(-1);
    if (keyword.startsWith("#")) words.skip(/\n|$/g);
    else if (keyword === "macdef") {
      const [name, lines] = macroOf(words.take(/\n[ \t\r]*\n|$/g));
      if (entry !== undefined) entry.macros = new Map([...(entry.macros ?? []), [name, lines]]);
    } else if (keyword === "default") entries.push({});
    else if (keyword === "machine") entries.push({ machine: words.next() ?? "" });
    else if (keyword === "login" || keyword === "password" || keyword === "account") {
      const value = words.next();
      if (entry !== undefined && value !== undefined) entry[keyword] = value;
    }
  }
  return entries;
}

/** A macro's name, and its lines up to the empty one. */
function macroOf(text: string): readonly [string, readonly string[]] {
  const [name = "", ...lines] = text.split("\n").map((line) => line.replace(/\r$/, ""));
  return [name.trim(), lines];
}

/** The first entry for a server, and for a user where one is asked for; the default is for any server. */
export function findNetrc(
  entries: readonly NetrcEntry[],
  server: string,
  user: string | undefined,
): NetrcEntry | undefined {
  return entries.find(({ machine, login }) => {
    const isServer = machine === undefined || machine.toLowerCase() === server.toLowerCase();
    return isServer && (user === undefined || login === undefined || login === user);
  });
}

class Words {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): string | undefined {
    const [word, quoted] = this.#match(/\s*(?:"((?:[^"\\]|\\[^])*)"|\S+)/y) ?? [];
    return quoted?.replace(/\\([^])/g, "$1") ?? word?.trimStart();
  }

  /** Goes on behind the next match, counted from the end of the last word. */
  skip(until: RegExp): void {
    this.#match(until);
  }

  /** The text up to the next match, behind which it goes on. */
  take(until: RegExp): string {
    const from = this.#at;
    const found = this.#match(until);
    return this.#text.slice(from, found?.index ?? this.#text.length);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }
}
