import type { Gathering, ImportedJob } from "../imported.ts";

const UNSEEN =
  'without "set ftp:list-options -a", lftp does not see hidden files on servers whose LIST omits them, but fxpd does';
const ADVICE = 'to leave them alone on both sides, put {exclude: ".*"} first in the rules of the job';

/** Says, once a file for each effect, what becomes of hidden files that lftp did not see, where something is deleted. */
export function tellHidden(
  { from, to, keys }: Pick<ImportedJob, "from" | "to" | "keys">,
  line: number,
  found: Gathering,
): void {
  const effect = effectOf({ isFromServer: from.some(({ host }) => host !== undefined), to, keys });
  if (effect === undefined) return;
  const because = `${UNSEEN}: the job ${effect}; ${ADVICE}`;
  if (!found.notTaken.some((one) => one.because === because)) found.leave(line, "hidden files", because);
}

/** Its wildcards match no dot at the beginning of a name, and ours do. */
export function hiddenRules(globs: readonly string[]): {
  readonly rules?: readonly [{ readonly exclude: string }];
} {
  if (!globs.some((glob) => /[*?[]/.test(glob)) || globs.some(namesHidden)) return {};
  return { rules: [{ exclude: ".*" }] };
}

/** Whether a name that is matched begins with a dot itself. */
function namesHidden(glob: string): boolean {
  const names = glob.split("/");
  const first = names.findIndex((name) => /[*?[]/.test(name));
  return names.slice(first).some((name) => /^\.[^.]/.test(name));
}

function effectOf({
  isFromServer,
  to,
  keys,
}: Pick<ImportedJob, "to" | "keys"> & { readonly isFromServer: boolean }): string | undefined {
  if (keys["sourceAfter"] === "delete")
    return isFromServer ? "also copies them and deletes them at the source" : undefined;
  if (keys["delete"] !== true) return undefined;
  if (to.host !== undefined) return "also deletes them at the target where the source does not have them";
  return isFromServer ? "also copies them, and keeps them at the target" : undefined;
}
