import { z } from "zod";
import { ConfigError } from "../../shared/errors.ts";
import { isZone } from "../../shared/time-zone.ts";
import { suggestion } from "../load/nearest.ts";
import { parseDuration } from "../../shared/units.ts";

// The kinds of value that our files and options are made of, each with the sentence it is refused with.

function refusal(sentence: string) {
  return {
    error: ({ input }: { input?: unknown }) => (input === undefined ? `is missing; ${sentence}` : sentence),
  };
}

export function choice<const T extends readonly [string, string, ...string[]]>(...words: T) {
  return z.enum(words, refusal(`expected ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`));
}

export function wholeNumber(from: number, to: number) {
  const sentence = refusal(`expected a whole number from ${from} to ${to}`);
  return z.int(sentence).min(from, sentence).max(to, sentence);
}

export function yesOrNo() {
  return z.boolean(refusal("expected true or false"));
}

/** One line of text. */
export function text(what: string, pattern: RegExp = /^[^\r\n\0]+$/) {
  const sentence = refusal(`expected ${what}`);
  const unquoted = refusal(`expected ${what}; put a number in quotes to make it text`);
  return z
    .string({ error: (issue) => (typeof issue.input === "number" ? unquoted : sentence).error(issue) })
    .regex(pattern, sentence);
}

/** Text that one of our parsers accepts; what that says otherwise is the fault. */
export function parsable(what: string, parse: (value: string) => unknown) {
  return z.string(refusal(`expected ${what}`)).superRefine((value, context) => {
    try {
      parse(value);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  });
}

/** Text, or a number that a person wrote without a unit, as what one of our parsers makes of it. */
export function parsed<T>(what: string, parse: (value: string) => T) {
  return z.union([z.string(), z.number()], refusal(`expected ${what}`)).transform((value, context): T => {
    try {
      return parse(String(value));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  });
}

const DURATION = "expected a duration such as 500ms, 30s, 5m or 1h30m, more than 0 and at most 1d";

/** How long to wait for something, as milliseconds. */
export const Duration = z.union([z.string(), z.number()], refusal(DURATION)).transform((value, context) => {
  const ms = durationOf(String(value));
  if (ms !== undefined && ms > 0 && ms <= 86_400_000) return ms;
  context.addIssue({ code: "custom", message: DURATION });
  return z.NEVER;
});

function durationOf(value: string): number | undefined {
  try {
    return parseDuration(value);
  } catch {
    return undefined;
  }
}

/** One value or a list of them, as a list. */
export function oneOrMany<T extends z.ZodType>(what: string, item: T) {
  return z
    .union(
      [item, z.array(item).min(1, "expected at least one")],
      refusal(`expected ${what}, or a list of them`),
    )
    .transform((value) => [value].flat() as z.output<T>[]);
}

/** An object with exactly one of these keys. */
export function oneOfKeys<S extends Readonly<Record<string, z.ZodType>>>(shape: S) {
  const names = Object.keys(shape);
  return z
    .strictObject(shape)
    .partial()
    .meta({ minProperties: 1, maxProperties: 1 })
    .refine((value) => Object.keys(value).length === 1, {
      message: `expected exactly one of ${names.join(", ")}`,
      when: ({ issues }) => issues.length === 0, // an unknown key is fault enough
    })
    .transform((value) => value as OneOf<S>);
}

type OneOf<S extends Readonly<Record<string, z.ZodType>>> = {
  [K in keyof S]: { readonly [P in K]: z.output<S[K]> };
}[keyof S];

/** A zone of the IANA database. */
export const TimeZone = text("the name of a time zone such as Europe/Berlin").superRefine((name, context) => {
  if (isZone(name)) return;
  const near = suggestion(name, Intl.supportedValuesOf("timeZone"));
  context.addIssue({ code: "custom", message: `unknown time zone ${name}${near}` });
});
