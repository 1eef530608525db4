import { type Document, isMap, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import { z } from "zod";
import { suggestion } from "./nearest.ts";

/** Something wrong in a file: where, and what was expected. */
export interface Fault {
  readonly file: string;
  /** 1 … */
  readonly line: number;
  readonly column: number;
  /** The keys that lead there: `limits.connections`. */
  readonly key?: string;
  readonly message: string;
}

export function formatFault({ file, line, column, key, message }: Fault): string {
  return `${file}:${line}:${column}: ${key === undefined ? "" : `${key}: `}${message}`;
}

export type Read<T> = ValidRead<T> | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

export interface ValidRead<T> {
  readonly kind: "valid";
  readonly value: T;
  /** The same as it is written, before it is checked. */
  readonly document: unknown;
  readonly faultAt: FaultAt;
}

/** A fault at the place that keys lead to, or at the nearest place before it that is in the file. */
export type FaultAt = (keys: readonly PropertyKey[], message: string) => Fault;

/** How a schema follows from what a document means to be. */
interface SchemaChoice<T extends z.ZodType> {
  (document: unknown): T;
  /** What an empty file lacks; absent: what the schema requires. */
  readonly needs?: string;
  /** What is said of an unknown key that another kind of document has. @param known the keys that are known where it is */
  readonly foreign?: (name: string, known: readonly string[]) => string | undefined;
}

/** A schema, or how it follows from what a document means to be. */
export type Schema<T extends z.ZodType> = T | SchemaChoice<T>;

/**
 * YAML text to our types, or everything that is wrong with it. A message repeats the names of keys and no
 * value that may be a password in the wrong place.
 */
export function readDocument<T extends z.ZodType>(
  file: string,
  text: string,
  choice: Schema<T>,
): Read<z.output<T>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const faultAt: FaultAt = (keys, message) => {
    const place = placeOf(offsetOf(document, keys) ?? 0);
    return { file, ...place, ...(keys.length === 0 ? {} : { key: keys.map(shown).join(".") }), message };
  };
  const syntax = [...document.errors, ...document.warnings].map(({ code, pos: [start] }) => {
    return { file, ...placeOf(start), message: SYNTAX[code] ?? "this is not valid YAML" };
  });
  if (syntax.length > 0) return { kind: "faulty", faults: firstOfEachLine(syntax) };

  const value = valueOf(document);
  if (value === undefined) {
    const faults = unresolvedAliases(document).map((offset) => {
      return { file, ...placeOf(offset), message: SYNTAX["BAD_ALIAS"] ?? MANY_ALIASES };
    });
    return {
      kind: "faulty",
      faults: faults.length > 0 ? firstOfEachLine(faults) : [faultAt([], MANY_ALIASES)],
    };
  }
  const { schema, needs, foreign } = choice instanceof z.ZodType ? { schema: choice } : chosen(choice, value);
  if (value === null) {
    const empty = schema.safeParse({}, { jitless: true });
    if (empty.success) return { kind: "valid", value: empty.data, document: value, faultAt };
    const needed = needs ?? empty.error.issues.map(({ path }) => path.join(".")).join(" and ");
    return { kind: "faulty", faults: [faultAt([], `the file is empty; it needs ${needed}`)] };
  }
  // A file is read once: to compile its check would cost more than it saves.
  const parsed = schema.safeParse(value, { error: sentenceOf, jitless: true });
  if (parsed.success) return { kind: "valid", value: parsed.data, document: value, faultAt };
  const unknownAt: UnknownAt = (keys, name, known) => {
    const fault = faultAt([...keys, name], foreign?.(name, known) ?? unknownKey(name, known));
    if (isTellable(name, document.getIn([...keys, name]))) return fault;
    // A value that begins with a brace is read as keys, and may be a password.
    const { line, column } = fault;
    return { ...faultAt(keys, `${BRACED}; known here: ${known.join(", ")}`), line, column };
  };
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, [], faultAt, unknownAt));
  return { kind: "faulty", faults: faults.sort((a, b) => a.line - b.line || a.column - b.column) };
}

function chosen<T extends z.ZodType>(choice: SchemaChoice<T>, value: unknown) {
  return { schema: choice(value), needs: choice.needs, foreign: choice.foreign };
}

/** A key as a person finds it in a sentence. */
function shown(key: PropertyKey): string {
  return /^\S+$/.test(String(key)) ? String(key) : JSON.stringify(String(key));
}

/** A fault for a key that is none there. */
type UnknownAt = (keys: readonly PropertyKey[], name: string, known: readonly string[]) => Fault;

/** Whether somebody may have meant it for a key. */
function isTellable(name: string, value: unknown): boolean {
  return value !== null && /^[A-Za-z_-]+$/.test(name);
}

const BRACED = "unknown key; a value that begins with { is a group of keys; put it in quotes to make it text";

/** Where keys lead to, or the first of them that do. */
function offsetOf(document: Document, keys: readonly PropertyKey[]): number | undefined {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(keys.slice(0, depth - 1), true);
    const range = nodeOf(parent, keys[depth - 1])?.range;
    if (range) return range[0];
  }
  return undefined;
}

/** The key of a map, or the item of a list. */
function nodeOf(parent: unknown, key: PropertyKey | undefined): Node | undefined {
  if (isMap<Node>(parent)) return parent.items.find(({ key: node }) => String(node) === String(key))?.key;
  return isSeq<Node>(parent) && typeof key === "number" ? parent.items[key] : undefined;
}

/** In plain values; null for an empty document, undefined where an alias cannot be followed. */
function valueOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}

const MANY_ALIASES = "there are too many aliases (*name)";

/** Where aliases are that have no anchor: mostly patterns that begin with a wildcard. */
function unresolvedAliases(document: Document): readonly number[] {
  const found: number[] = [];
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document) === undefined) found.push(node.range?.[0] ?? 0);
    },
  });
  return found;
}

/** The other faults of a line follow from its first. */
function firstOfEachLine(faults: readonly Fault[]): readonly Fault[] {
  return faults.filter(({ line }, index) => faults.findIndex((one) => one.line === line) === index);
}

/** What the parser's codes mean to a person; its own messages quote the text. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_ALIAS: "a value that begins with * is an alias; put it in quotes to make it text",
  BAD_DQ_ESCAPE: "unknown escape sequence in double quotes; in single quotes, a backslash is literal",
  BAD_INDENT: "the indentation does not match the lines above, or a bracket is not closed",
  BAD_SCALAR_START: "a value cannot begin with this character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a second colon in one value; put the value in quotes, or fix the indentation",
  BLOCK_IN_FLOW:
    "inside brackets or braces, a value that ends with a colon or begins with a hyphen needs quotes",
  DUPLICATE_KEY: "duplicate key",
  MISSING_CHAR: "something is missing here: a colon, a quote, a bracket, a brace, a comma or a space",
  MULTILINE_IMPLICIT_KEY: "this line has no colon; expected key: value",
  MULTIPLE_DOCS: "a second document begins here; expected only one",
  TAB_AS_INDENT: "the indentation contains a tab; use spaces",
  TAG_RESOLVE_FAILED:
    "a value that begins with ! is a tag, and tags are not supported; put it in quotes to make it text",
  UNEXPECTED_TOKEN: "unexpected text here",
};

type Issue = z.core.$ZodIssue;

function faultsOf(
  issue: Issue,
  above: readonly PropertyKey[],
  faultAt: FaultAt,
  unknownAt: UnknownAt,
): readonly Fault[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(" "); // as sentenceOf wrote them
    return issue.keys.map((name) => unknownAt(path, name, known));
  }
  if (issue.code === "invalid_union") {
    // Of several forms, the one that was meant is the one whose parts are what is wrong.
    const meant = issue.errors.find((issues) => issues.some(isInside));
    if (meant !== undefined) return meant.flatMap((one) => faultsOf(one, path, faultAt, unknownAt));
  }
  return [faultAt(path, issue.message)];
}

function isInside({ code, path }: Issue): boolean {
  return path.length > 0 || code === "unrecognized_keys";
}

function unknownKey(name: string, known: readonly string[]): string {
  if (/^pass(word|wd|phrase)?$/i.test(name) && known.includes("passwordFrom")) {
    return "do not put passwords in this file; use passwordFrom: {env: NAME} or {file: PATH}";
  }
  return `unknown key${suggestion(name, known) || `; known here: ${known.join(", ")}`}`;
}

/** For what a schema has no sentence of its own. Of unknown keys: the known ones, which only the schema has. */
const sentenceOf: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "unrecognized_keys") {
    return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape).join(" ") : "";
  }
  if (issue.code !== "invalid_type") return undefined;
  return `${issue.input === undefined ? "is missing; " : ""}expected ${KINDS[issue.expected] ?? issue.expected}`;
};

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  object: "keys with values",
  string: "text",
};
