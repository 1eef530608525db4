import { z } from "zod";
import { parseBoundedJson } from "../../shared/json/bounded-json.ts";
import { canonicalJson } from "../../shared/json/canonical-json.ts";
import { hexDigest } from "../../shared/hex-digest.ts";

/** Something that somebody has asked for, and what came of it. */
export interface AuditEntry {
  /** A token's name or a user of this machine; absent: nobody who is known. */
  readonly who?: string | undefined;
  /** An address, or the way it came on this machine. */
  readonly from: string;
  /** `submit`, `cancel`, … */
  readonly what: string;
  /** The run, the job or the path that it is about. */
  readonly on?: string | undefined;
  /** `done`, `refused` or `failed`. */
  readonly outcome: "done" | "refused" | "failed";
  readonly because?: string | undefined;
}

const DIGEST = /^[0-9a-f]{64}$/;

/** A row of the audit trail: an entry, its place in the chain, and the digest of the row before. */
const Row = z.looseObject({
  sequence: z.number().int().positive(),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  who: z.string().optional(),
  from: z.string(),
  what: z.string(),
  on: z.string().optional(),
  outcome: z.enum(["done", "refused", "failed"]),
  because: z.string().optional(),
  previous: z.string().regex(DIGEST),
  /** SHA-256 of all other fields, in hexadecimal digits. */
  digest: z.string().regex(DIGEST),
});
export type AuditRow = z.infer<typeof Row>;

/** Where the chain has come to. */
export interface ChainEnd {
  readonly sequence: number;
  readonly digest: string;
}

export const NO_ROWS: ChainEnd = { sequence: 0, digest: "0".repeat(64) };

/** The next row of a chain. @param at ISO 8601, UTC */
export function nextRow(entry: AuditEntry, { sequence, digest: previous }: ChainEnd, at: string): AuditRow {
  const known = Object.entries(entry).filter(([, value]) => value !== undefined);
  const row = {
    sequence: sequence + 1,
    at,
    ...(Object.fromEntries(known) as Omit<AuditEntry, never>),
    previous,
  };
  return { ...row, digest: digestOf(row) };
}

/** Undefined for a line that is no row. */
export function rowOf(line: string): AuditRow | undefined {
  try {
    return Row.safeParse(parseBoundedJson(line)).data;
  } catch {
    return undefined;
  }
}

/** The first row that is not as it was written, and how one can tell. */
export interface Alteration {
  readonly sequence: number;
  readonly because: string;
}

/** Follows a chain, line by line. */
export class ChainCheck {
  #end: ChainEnd = NO_ROWS;
  #found: Alteration | undefined;

  /** How many rows are as they were written, from the first on. */
  get sound(): number {
    return this.#found === undefined ? this.#end.sequence : this.#found.sequence - 1;
  }

  /** @returns the first alteration, once there is one */
  next(line: string): Alteration | undefined {
    return (this.#found ??= this.#check(line));
  }

  /** @param head where the chain had come to when it was last written */
  finish(head: ChainEnd | undefined): Alteration | undefined {
    const { sequence } = this.#end;
    if (this.#found !== undefined || head === undefined || head.sequence <= sequence) return this.#found;
    const which =
      head.sequence === sequence + 1 ? "it is" : `this row and ${head.sequence - sequence - 1} more are`;
    return { sequence: sequence + 1, because: `${which} missing at the end` };
  }

  #check(line: string): Alteration | undefined {
    const sequence = this.#end.sequence + 1;
    const row = rowOf(line);
    if (row === undefined) return { sequence, because: "it is not a valid row" };
    const { digest, ...rest } = row;
    if (row.sequence !== sequence) return { sequence, because: `row ${row.sequence} is in its place` };
    if (digest !== digestOf(rest)) return { sequence, because: "its digest does not match its contents" };
    if (row.previous !== this.#end.digest)
      return { sequence, because: "it does not follow the previous row" };
    this.#end = { sequence, digest };
    return undefined;
  }
}

function digestOf(row: object): string {
  return hexDigest(canonicalJson(row));
}
