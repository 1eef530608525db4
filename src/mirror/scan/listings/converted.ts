import { refusalOfConversion } from "../../../transfer/sides/conversion.ts";
import type { OpenSides } from "../../contract.ts";
import { type Converted, convertible } from "../../decide/conversion.ts";
import type { Rules } from "../../decide/plan.ts";
import type { ListedDirectory } from "../../decide/tree.ts";

/** Two listings of a directory, with the names that both sides can write, and what becomes of the others. */
export function converted(
  { source, target }: OpenSides,
  path: string,
  here: ListedDirectory,
  there: ListedDirectory,
  rules: Rules,
): Converted {
  if (source === undefined || target === undefined || source.names.charset === target.names.charset)
    return { source: here, target: there, found: [] };
  return convertible(path, here, there, rules, {
    toTarget: (name) => refusalOfConversion(name, source, target),
    toSource: (name) => refusalOfConversion(name, target, source),
  });
}
