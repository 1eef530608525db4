import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MAIN } from "../support/program.ts";

export interface Options {
  readonly isQuick: boolean;
  /** Every row that there is, instead of those of the README. */
  readonly isAll: boolean;
  /** Parts of row names; empty for all rows. */
  readonly only: readonly string[];
  /** Names of clients; empty for all. */
  readonly clients: readonly string[];
  readonly rounds: number;
  /** Files of a list in place of what the row says. */
  readonly files: number | undefined;
  /** File for the JSON. */
  readonly out: string;
  /** Where fxpd keeps its state: on a real disk, as people have it, or in memory, to compare. */
  readonly stateIn: "disk" | "memory";
  /** Only makes the README's table from `out`. */
  readonly isTable: boolean;
  /** The built command line of fxpd. */
  readonly main: string;
}

/** The run that the README's table is made from. */
export const RESULTS = fileURLToPath(new URL("results.json", import.meta.url));

export const USAGE = `npm run bench -- [--quick|--all] [--only ROW]... [--client NAME]... [--rounds N] [--files N] [--out FILE] [--state-in disk|memory] [--fxpd MAIN.JS]
npm run bench -- --table [--out FILE]

  --quick       fewer rows, fewer files, one round: for a look, not for figures
  --all         every row there is, not only those of the README's table
  --only ROW    rows with ROW in their name; may be given several times
  --client NAME fxpd, lftp, "lftp tuned" ...; may be given several times
  --rounds N    runs of each client in each row, default 3
  --files N     files in each list
  --out FILE    where the JSON goes, default bench-results.json in the temporary directory
  --state-in X  where fxpd keeps its state: disk (the default) or memory
  --table       writes the table in README.md from the JSON of a run, default test/bench/results.json
  --fxpd FILE   another build of fxpd, default dist/cli/main.js
`;

/** @throws Error in one sentence */
export function parseOptions(args: readonly string[]): Options {
  const [text, flag] = [{ type: "string" }, { type: "boolean", default: false }] as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: flag,
      only: { type: "string", multiple: true, default: [] },
      client: { type: "string", multiple: true, default: [] },
      ...{ rounds: text, files: text, out: text, fxpd: text, "state-in": text },
      ...{ all: flag, table: flag },
    },
  });
  const stateIn = values["state-in"] ?? "disk";
  if (stateIn !== "disk" && stateIn !== "memory")
    throw new Error(`--state-in ${stateIn}: expected disk or memory`);
  if (values.quick && values.all) throw new Error("--quick and --all cannot be combined");
  return {
    stateIn,
    isAll: values.all,
    isTable: values.table,
    isQuick: values.quick,
    only: values.only,
    clients: values.client,
    rounds: whole("rounds", values.rounds) ?? (values.quick ? 1 : 3),
    files: whole("files", values.files),
    out: values.out ?? (values.table ? RESULTS : join(tmpdir(), "bench-results.json")),
    main: values.fxpd ?? MAIN,
  };
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name} ${text}: expected a number from 1`);
  return Number(text);
}
