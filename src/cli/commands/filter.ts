import { createInterface } from "node:readline";
import { loadJob } from "../../config/load/load-job.ts";
import { gatherRules, type SaidRules } from "../../config/load/rules.ts";
import { type Rule, type Ruling, rulingOf } from "../../copy/rules.ts";
import { refusalOfName } from "../../ftp/pathname.ts";
import { ConfigError } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { decodeText } from "../../shared/octets.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { EXIT } from "../process/exit.ts";
import { jsonText, printable } from "../../shared/printable.ts";

interface FilterOptions extends CommonOptions, SaidRules {
  /** A job's name, or its file. */
  readonly job?: string;
}

/** `fxpd filter PATH...` */
export async function filterCommand(paths: readonly string[], given: FilterOptions): Promise<number> {
  const rulingFor = rulingOf(await rulesOf(given));
  let [wanted, leftOut] = [0, 0];
  for await (const text of textsOf(paths)) {
    const { path, isDirectory } = parsePath(text);
    const ruling = rulingFor(path, isDirectory);
    if (ruling.isWanted) wanted += 1;
    else leftOut += 1;
    show(given, isDirectory ? `${path}/` : path, ruling);
  }
  if (given.json === true) {
    const outcome = leftOut === 0 ? "succeeded" : "partial";
    writeJson({ event: "summary", outcome, wanted, leftOut });
  }
  return leftOut === 0 ? EXIT.done : EXIT.someFailed;
}

async function rulesOf(given: FilterOptions): Promise<readonly Rule[]> {
  if (given.job === undefined) return gatherRules(given);
  const { file, job } = await loadJob(given.job, directoriesOf(given));
  return gatherRules(given, { file, ...job });
}

/** The paths as they were given; `-` stands for the lines of standard input. */
async function* textsOf(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) {
    if (path === "-") yield* linesOf(process.stdin);
    else yield path;
  }
}

async function* linesOf(input: NodeJS.ReadStream): AsyncGenerator<string> {
  for await (const line of createInterface(input.setEncoding("latin1"))) {
    yield decodeText(Buffer.from(line, "latin1"));
  }
}

/** A path relative to the source directory; a slash at its end makes it a directory. */
function parsePath(text: string): { readonly path: string; readonly isDirectory: boolean } {
  const path = text.replace(/^\.\//, "").replace(/\/$/, "");
  const refusal = path
    .split("/")
    .map(refusalOfName)
    .find((one) => one !== undefined);
  if (refusal === undefined) return { path, isDirectory: text.endsWith("/") };
  throw new ConfigError(
    `"${text}" is not a path below the source directory; expected for example pub/a.iso, or pub/ for a directory`,
  );
}

function show(given: FilterOptions, path: string, { isWanted, because, rule }: Ruling): void {
  if (given.json === true) {
    writeJson({ event: "ruling", path, wanted: isWanted, because, rule: rule ?? null });
  } else if (given.quiet !== true) {
    process.stdout.write(`${isWanted ? "+" : "-"} ${printable(path)}  ${printable(because)}\n`);
  }
}

function writeJson(event: object): void {
  process.stdout.write(`${jsonText({ ...event, at: isoTime(Date.now()) })}\n`);
}
