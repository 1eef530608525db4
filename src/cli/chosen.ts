import type { z } from "zod";
import { ConfigError } from "../shared/errors.ts";

/**
 * Options as a schema has them: what the command line gives, as text, overrides what a file gives, which was read by the
 * same schema before.
 * @throws ConfigError naming the option
 */
export function chosen<T extends z.ZodObject>(schema: T, given: object, otherwise: object): z.output<T> {
  const isSet = ([name, value]: [string, unknown]) =>
    name in schema.shape && name !== "rules" && value !== undefined;
  const explicit = Object.entries(given).filter(isSet);
  const parsed = schema
    .partial()
    .safeParse(Object.fromEntries(explicit.map(([name, value]) => [name, numberOf(value)])), {
      jitless: true,
    });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new ConfigError((issue?.message ?? "").replace(/^Invalid (input|option): /, ""), `--${name}`);
  }
  const names = new Set(explicit.map(([name]) => name));
  const read = Object.entries(parsed.data).filter(([name]) => names.has(name));
  return {
    ...(schema.parse({}, { jitless: true }) as object),
    ...otherwise,
    ...Object.fromEntries(read),
  } as z.output<T>;
}

/** The number that was written; what is none stays as it is, for the message. */
function numberOf(value: unknown): unknown {
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
}
