import type { FileFacts } from "../sides/side.ts";
import { wholeSecond } from "../../shared/units.ts";

/** What was known of a source before its first byte was copied; what is not known is absent. */
export interface Before {
  readonly sizeBytes?: number | undefined;
  /** Milliseconds since 1970. */
  readonly modifiedMs?: number | undefined;
}

/**
 * `proven`: the copy is complete and the source has not changed; `ask-digests`: only equal digests, taken now, can show that.
 */
export type CopyProof =
  | { readonly kind: "proven" }
  | { readonly kind: "ask-digests"; readonly because: string }
  | { readonly kind: "doubt"; readonly because: string };

/**
 * Whether a source may go, by what both sides say now.
 * @param before absent where this run has not copied the file
 */
export function judgeProof(
  before: Before | undefined,
  source: FileFacts | undefined,
  target: FileFacts | undefined,
): CopyProof {
  if (source === undefined) return doubt("the source is no longer there");
  if (target === undefined) return doubt("the target is no longer there");
  if (source.kind === "directory" || source.kind === "other") return doubt("the source is no longer a file");
  if (target.kind === "directory" || target.kind === "other") return doubt("the target is no longer a file");
  if (source.sizeBytes === undefined) return doubt("the source's server does not report its size");
  if (target.sizeBytes === undefined) return doubt("the target's server does not report its size");
  if (source.sizeBytes !== target.sizeBytes)
    return doubt(`the target has ${target.sizeBytes} bytes, but the source has ${source.sizeBytes}`);
  if (before === undefined) return ask("this run did not copy it");
  if (before.sizeBytes !== undefined && before.sizeBytes !== source.sizeBytes)
    return doubt(`the source had ${before.sizeBytes} bytes, and now has ${source.sizeBytes}`);
  if (before.modifiedMs === undefined || source.modified === undefined)
    return ask("the source's server does not report when it was modified");
  if (wholeSecond(before.modifiedMs) !== wholeSecond(source.modified.atMs))
    return doubt("the source has been modified since it was copied");
  return { kind: "proven" };
}

function doubt(because: string): CopyProof {
  return { kind: "doubt", because };
}

function ask(because: string): CopyProof {
  return { kind: "ask-digests", because };
}
