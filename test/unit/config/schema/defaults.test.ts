import { readFileSync } from "node:fs";
import type { Option } from "commander";
import { describe, expect, test } from "vitest";
import { program } from "../../../../src/cli/program.ts";

// A default is told in four places: the schema's own, its description, the help and the tables of the READMEs.

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
}

interface Told {
  /** What the schema fills in; undefined: nothing, or it depends. */
  readonly filledIn: unknown;
  /** What its description says. */
  readonly described: string | undefined;
}

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
const schemaOf = (kind: string) => JSON.parse(read(`config/schema/${kind}.json`)) as Schema;
const [copy, mirror] = (schemaOf("job").anyOf ?? []) as [Schema, Schema];
const SCHEMAS = { copy, mirror, host: schemaOf("host"), daemon: schemaOf("daemon") };

/** Keys with dots, and what is told of each. */
function keysIn(schema: Schema, above = ""): ReadonlyMap<string, Told> {
  const found = new Map<string, Told>();
  for (const [name, key] of Object.entries(schema.properties ?? {})) {
    found.set(`${above}${name}`, { filledIn: key.default, described: defaultIn(key.description ?? "") });
    for (const part of [key, key.items, ...(key.anyOf ?? [])])
      if (part?.properties !== undefined)
        for (const [below, told] of keysIn(part, `${above}${name}.`)) found.set(below, told);
  }
  return found;
}

function defaultIn(text: string): string | undefined {
  return /\(default:? ([^)]*)\)/.exec(text)?.[1];
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A value as it can be compared: the first word of a sentence, durations in seconds, one word for nothing. */
function plain(value: unknown): string {
  const text = Array.isArray(value) && value.length === 0 ? "none" : String(value);
  const word = text.replaceAll("`", "").split(/[;,]/, 1)[0]?.trim() ?? "";
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(word) ?? [];
  if (count !== undefined) return String(Number(count) * (SECONDS[unit] ?? 1));
  return /^(off|no limits?|never|always|all|any time)$/.test(word) ? "none" : word;
}

describe.each(Object.entries(SCHEMAS))("in the schema of %s files", (_, schema) => {
  const filled = [...keysIn(schema)].filter(
    ([, { filledIn, described }]) =>
      described !== undefined &&
      (["string", "number", "boolean"].includes(typeof filledIn) || isEmpty(filledIn)),
  );

  test.each(filled)("the description of %s says the default that is filled in", (_key, told) => {
    expect(plain(told.described)).toBe(plain(told.filledIn));
  });
});

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

const OF_COMMAND = { copy, mirror, run: copy, diff: mirror, restore: mirror, host: SCHEMAS.host };

/** The options of a command and of those below it. */
function optionsOf(name: string): readonly Option[] {
  const command = program.commands.find((one) => one.name() === name);
  return [command, ...(command?.commands ?? [])].flatMap((one) => one?.options ?? []);
}

test.each(Object.entries(OF_COMMAND))(
  "the help of fxpd %s says the defaults of the schema",
  (name, schema) => {
    const keys = keysIn(schema);
    const compared = optionsOf(name).flatMap((option) => {
      const all = defaultIn(option.description);
      // One sentence is for both: (default: 1; mirrors: 2).
      const said = (schema === mirror ? / mirrors: (\S+)/.exec(all ?? "")?.[1] : undefined) ?? all;
      const told = keys.get(option.attributeName());
      const known = typeof told?.filledIn === "object" ? told.described : (told?.filledIn ?? told?.described);
      return said === undefined || known === undefined ? [] : [[option.long, plain(said), plain(known)]];
    });
    expect(compared.length).toBeGreaterThan(0);
    for (const [option, said, known] of compared) expect([option, said]).toEqual([option, known]);
  },
);

/** Rows of a README's tables of keys: the keys with dots, and the defaults as they are written. */
function rowsOf(
  readme: string,
): readonly { readonly table: string; readonly row: readonly [string, string] }[] {
  const tables = read(readme).split(/\n(?!\|)/);
  return tables.flatMap((table) => {
    const [head = "", , ...rows] = table.split("\n").filter((line) => line.startsWith("|"));
    if (!/^\| key .*\| default +\|$/.test(head)) return [];
    return rows.flatMap((row) => {
      const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
      const names = [...(cells[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
      const above = names[0]?.replace(/[^.]*$/, "").replace(/\.$/, "") ?? "";
      const said = (cells.at(-2) ?? "").split(", ");
      return names.map((name, at) => {
        const key = name.startsWith(".") ? `${above}${name}` : name;
        const value = said.length === names.length ? said[at] : said.join(", ");
        return { table, row: [key, value ?? ""] as const };
      });
    });
  });
}

test.each([
  ["jobs/README.md", (table: string) => (table.includes("`mirror.from`") ? mirror : copy)],
  ["config/README.md", (table: string) => (table.includes("`redis.url`") ? SCHEMAS.daemon : SCHEMAS.host)],
] as const)("the tables of %s say the defaults of the schema", (readme, schemaFor) => {
  const compared = rowsOf(readme).flatMap(({ table, row: [key, said] }) => {
    const told = keysIn(schemaFor(table)).get(key);
    const known = typeof told?.filledIn === "object" ? told.described : (told?.filledIn ?? told?.described);
    // What depends on something is a sentence, which each place words for its reader.
    const isWord = /^\S*$/.test(plain(known ?? " ")) && typeof known !== "object";
    return known === undefined || !isWord || said === "" ? [] : [[key, plain(said), plain(known)]];
  });
  expect(compared.length).toBeGreaterThan(10);
  for (const [key, said, known] of compared) expect([key, said]).toEqual([key, known]);
});
