import { hasStrayBytes } from "../../shared/octets.ts";
import { TransferError } from "../errors.ts";
import type { Side } from "./side.ts";

type Named = Pick<Side, "name" | "names">;

/**
 * Why a name of one side cannot be written on the other, so that it would come back as the same text; undefined where it
 * can. Between sides of one character set every name is kept byte by byte, whatever it says.
 */
export function refusalOfConversion(path: string, from: Named, to: Named): string | undefined {
  const [theirs, ours] = [from.names.charset, to.names.charset];
  if (theirs === ours) return undefined;
  if (hasStrayBytes(path))
    return `the name is not valid ${theirs}, so it cannot be converted to ${ours} (charset in the host file of ${from.name} says how its names are written)`;
  const lacks = to.names.missing(path);
  if (lacks === undefined) return undefined;
  return `the name contains ${JSON.stringify(lacks)}, which ${ours}, the charset of ${to.name}, does not have`;
}

/** @throws TransferError for a file whose name the target cannot write as the source means it */
export function requireConvertible(from: Named, to: Named, source: string, target: string): void {
  const because = refusalOfConversion(source, from, to) ?? refusalOfConversion(target, from, to);
  if (because !== undefined) throw new TransferError(`${to.name}: ${target}: ${because}`, "never");
}
