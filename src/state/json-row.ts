import type { z } from "zod";

/** A row of JSON; undefined for one that was cut off by a loss of power, or is of another form. */
export function parseRow<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** All rows of a text that can be read. */
export function parseRows<T>(schema: z.ZodType<T>, text: string): readonly T[] {
  return text.split("\n").flatMap((line) => parseRow(schema, line) ?? []);
}
