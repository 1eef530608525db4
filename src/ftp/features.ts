import { classOf, type Reply } from "./reply.ts";

/** What a server says it can do (FEAT, RFC 2389 §3). Absence is weak evidence: many say less than they do. */
export interface Features {
  /** Feature codes in upper case, each with the rest of its line. */
  readonly lines: ReadonlyMap<string, string>;
  /** Whether the server answered FEAT at all. */
  readonly areKnown: boolean;
}

export const NO_FEATURES: Features = { lines: new Map(), areKnown: false };

/** Reads a FEAT reply; a refusal means that nothing is known. Leading blanks are taken leniently. */
export function parseFeatures(reply: Reply): Features {
  if (classOf(reply) !== "completion") return NO_FEATURES;
  const lines = new Map<string, string>();
  for (const line of reply.lines.slice(1, -1)) {
    const text = line.trim();
    const word = /^\S+/.exec(text)?.[0];
    if (word === undefined) continue;
    const code = word.toUpperCase();
    lines.set(code, joinFeature(lines.get(code), text.slice(word.length).trim()));
  }
  return { lines, areKnown: true };
}

/** A feature given twice (`AUTH SSL`, `AUTH TLS`) has both parameters. */
function joinFeature(before: string | undefined, rest: string): string {
  return before === undefined ? rest : `${before};${rest}`;
}

export function hasFeature(features: Features, code: string): boolean {
  return features.lines.has(code.toUpperCase());
}

/** The parameters of a feature: `AUTH TLS;TLS-C` gives `TLS` and `TLS-C`. */
export function featureParameters(features: Features, code: string): readonly string[] {
  return (features.lines.get(code.toUpperCase()) ?? "").split(/[;,\s]+/).filter((word) => word !== "");
}

/** MLST in FEAT means MLSD as well (RFC 3659 §7.8). */
export function listsFacts(features: Features): boolean {
  return hasFeature(features, "MLST") || hasFeature(features, "MLSD");
}
