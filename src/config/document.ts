import { isMap, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
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

export type Read<T> =
  | { readonly kind: "valid"; readonly value: T; readonly placeOf: (keys: readonly PropertyKey[]) => Place }
  | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

interface Place {
  readonly line: number;
  readonly column: number;
}

/** YAML text to our types, or everything that is wrong with it. */
export function readDocument<T extends z.ZodType>(file: string, text: string, schema: T): Read<z.infer<T>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => ({
      file,
      ...placeAt(error.pos[0]),
      message: error.message,
    }));
    return { kind: "faulty", faults };
  }
  const placeOf = (keys: readonly PropertyKey[]): Place => {
    for (let depth = keys.length; depth > 0; depth -= 1) {
      const node = keyNode(document.getIn(keys.slice(0, depth - 1), true), keys[depth - 1]);
      if (node?.range) return placeAt(node.range[0]);
    }
    return { line: 1, column: 1 };
  };
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (parsed.success) return { kind: "valid", value: parsed.data, placeOf };
  return {
    kind: "faulty",
    faults: parsed.error.issues.flatMap((issue) => faultsOf(issue, file, schema, placeOf)),
  };
}

/** The key in a map or the item in a list that a fault is about. */
function keyNode(parent: unknown, key: PropertyKey | undefined): Node | undefined {
  if (isMap(parent))
    return parent.items.find(({ key: node }) => String(node) === String(key))?.key as Node | undefined;
  const items = (parent as { items?: readonly Node[] } | undefined)?.items;
  return typeof key === "number" ? items?.[key] : undefined;
}

type Issue = z.core.$ZodIssue;

function faultsOf(
  issue: Issue,
  file: string,
  schema: z.ZodType,
  placeOf: (keys: readonly PropertyKey[]) => Place,
): Fault[] {
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((name) => {
      const path = [...issue.path, name];
      return { file, ...placeOf(path), key: path.join("."), message: unknownKey(name, known) };
    });
  }
  // Of a choice, the alternative that went furthest says what is wrong.
  if (issue.code === "invalid_union") {
    const deepest = issue.errors
      .filter((issues) => issues.some((one) => one.path.length > 0 || one.code === "unrecognized_keys"))
      .flat()[0];
    if (deepest !== undefined) {
      return faultsOf({ ...deepest, path: [...issue.path, ...deepest.path] }, file, schema, placeOf);
    }
  }
  const key = issue.path.join(".");
  return [{ file, ...placeOf(issue.path), ...(key === "" ? {} : { key }), message: sentenceOf(issue) }];
}

function unknownKey(name: string, known: readonly string[]): string {
  if (name === "password")
    return "secrets do not belong in files; use passwordFrom: {env: NAME} or {file: PATH}";
  const hint = suggestion(name, known);
  return `unknown key${hint === "" ? `; known are ${known.join(", ")}` : hint}`;
}

function sentenceOf(issue: Issue): string {
  if (/received undefined$/.test(issue.message))
    return `is missing; ${issue.message.replace(/^Invalid input: |, received undefined$/g, "")}`;
  return issue.message
    .replace(/^Invalid (input|option): /, "")
    .replace(/^Invalid input$/, "has none of the forms expected");
}

/** The keys that a schema knows at a path. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let shapes: readonly z.ZodType[] = [schema];
  for (const key of path) {
    shapes = shapes.flatMap((one) => {
      const next = (shapeOf(one) as Record<PropertyKey, z.ZodType> | undefined)?.[key] ?? elementOf(one, key);
      return next === undefined ? [] : alternativesOf(next);
    });
  }
  return [...new Set(shapes.flatMap(alternativesOf).flatMap((one) => Object.keys(shapeOf(one) ?? {})))];
}

interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly element?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
}

function definitionOf(schema: z.ZodType): Definition {
  return schema.def;
}

/** What stands behind defaults, transformations and choices. */
function alternativesOf(schema: z.ZodType): readonly z.ZodType[] {
  const { innerType, in: input, options } = definitionOf(schema);
  if (options !== undefined) return options.flatMap(alternativesOf);
  const inner = innerType ?? input;
  return inner === undefined ? [schema] : alternativesOf(inner);
}

function shapeOf(schema: z.ZodType): Definition["shape"] {
  return definitionOf(schema).shape;
}

function elementOf(schema: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  return typeof key === "number" ? definitionOf(schema).element : undefined;
}
