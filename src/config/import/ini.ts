import { ImportError } from "./imported.ts";

/** A value of an INI file, and where it is. */
interface IniValue {
  readonly value: string;
  /** 1 … */
  readonly line: number;
}

export interface IniSection {
  readonly name: string;
  readonly line: number;
  /** By keys in lower case; of two the last counts, as in most programs. */
  readonly values: ReadonlyMap<string, IniValue>;
}

/**
 * Sections of an INI file. Comments begin with `;` or `#` at the beginning of a line; values are not unquoted.
 * @throws ImportError for a line that is none of it, or a value before the first section
 */
export function parseIni(text: string): readonly IniSection[] {
  const sections: { name: string; line: number; values: Map<string, IniValue> }[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, "")
    .split("\n")
    .entries()) {
    const line = raw.replace(/\r$/, "");
    const number = index + 1;
    if (/^[ \t]*([;#]|$)/.test(line)) continue;
    const name = /^[ \t]*\[(.*)\][ \t]*$/.exec(line)?.[1];
    const [, key, value] = /^[ \t]*([^=]*?)[ \t]*=[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name !== undefined) sections.push({ name, line: number, values: new Map() });
    else if (key === undefined || value === undefined)
      throw new ImportError(`line ${number}: expected [SECTION] or KEY=VALUE`);
    else sections.at(-1)?.values.set(key.toLowerCase(), { value, line: number });
  }
  return sections;
}
