import { createInterface } from "node:readline";
import { loadJob } from "../../config/load/load-job.ts";
import { gatherRules, type RuleOptions } from "../../config/load/rules.ts";
import { parseStoredLocation } from "../../config/locations/location.ts";
import type { CopyJob, MirrorJob } from "../../config/schema/jobs.ts";
import { parsePattern } from "../../copy/glob.ts";
import { type Rule, type Ruling, rulingOf } from "../../copy/rules.ts";
import { nameOf, refusalOfName } from "../../ftp/pathname.ts";
import { ConfigError } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { decodeText } from "../../shared/octets.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { EXIT } from "../process/exit.ts";
import { jsonText, printable } from "../../shared/printable.ts";
import { isLeftover, TEMPORARY_FILE } from "../../transfer/publish/leftover-name.ts";
import { isAway, TEMPORARY_PREFIX } from "../../transfer/publish/temporary-name.ts";

interface FilterOptions extends CommonOptions, RuleOptions {
  /** A job's name, or its file. */
  readonly job?: string;
}

/** `fxpd filter PATH...` */
export async function filterCommand(paths: readonly string[], given: FilterOptions): Promise<number> {
  const { rules, conditions, leaves } = await rulesOf(given);
  const rulingFor = rulingOf(rules);
  let [wanted, leftOut] = [0, 0];
  for await (const text of textsOf(paths)) {
    const { path, isDirectory } = parsePath(text);
    const ruled = rulingFor(path, isDirectory);
    const because = ruled.isWanted ? leaves(path, isDirectory) : undefined;
    const ruling = because === undefined ? ruled : { isWanted: false, because };
    if (ruling.isWanted) wanted += 1;
    else leftOut += 1;
    // What a job asks of size and age holds for files.
    show(given, isDirectory ? `${path}/` : path, ruling, isDirectory ? [] : conditions);
  }
  if (given.json === true) {
    const outcome = leftOut === 0 ? "succeeded" : "partial";
    writeJson({ event: "summary", outcome, wanted, leftOut });
  }
  return leftOut === 0 ? EXIT.done : EXIT.someFailed;
}

/** Which rules there are, and what else has to hold that a name does not say. */
interface Ruled {
  readonly rules: readonly Rule[];
  readonly conditions: readonly string[];
  readonly leaves: Leaves;
}

/** Why a path is left out although the rules want it; undefined where nothing else speaks against it. */
type Leaves = (path: string, isDirectory: boolean) => string | undefined;

async function rulesOf(given: FilterOptions): Promise<Ruled> {
  if (given.job === undefined)
    return { rules: await gatherRules(given), conditions: [], leaves: () => undefined };
  const { file, job } = await loadJob(given.job, directoriesOf(given));
  return {
    rules: await gatherRules(given, { file, ...job }),
    conditions: "mirror" in job ? conditionsOf(job) : job.filesFrom === undefined ? [] : ["filesFrom"],
    leaves: "mirror" in job ? leavesOfMirror(job) : leavesOfCopy(job),
  };
}

/** What a mirror leaves alone by where it is. */
function leavesOfMirror({ maxDepth = Number.POSITIVE_INFINITY }: MirrorJob): Leaves {
  return (path, isDirectory) => {
    if (nameOf(path).startsWith(TEMPORARY_PREFIX)) return TEMPORARY_FILE;
    const levels = path.split("/").length - (isDirectory ? 0 : 1);
    return levels > maxDepth ? `deeper than the job's maxDepth: ${maxDepth}` : undefined;
  };
}

/** What a copy does not find: its sources' patterns do not match it, or its list does not name it. */
function leavesOfCopy({ copy, files }: CopyJob): Leaves {
  const names = files?.map((one) => (typeof one === "string" ? one : one.from));
  const patterns = copy.from.map((one) => parsePattern(parseStoredLocation(one).path));
  return (path, isDirectory) => {
    if (!isDirectory && (isLeftover(nameOf(path), 0) || isAway(nameOf(path)))) return TEMPORARY_FILE;
    if (names !== undefined) {
      const isNamed = names.some((name) => (isDirectory ? name.startsWith(`${path}/`) : name === path));
      return isNamed ? undefined : "not in the job's files";
    }
    const isFound = patterns.some(
      (one) => one.kind === "path" || (isDirectory ? one.glob.mayHold(path) : one.glob.matches(path)),
    );
    return isFound ? undefined : "not matched by the job's copy.from";
  };
}

/** Keys of a job that leave files out by what they are, whatever their names; as its file has them. */
function conditionsOf(job: MirrorJob): readonly string[] {
  const ages = (["newerThan", "olderThan", "settle"] as const).filter((key) => job[key] !== undefined);
  const sizes = (["minSize", "maxSize"] as const).filter((key) => job[key] !== undefined);
  const markers = [
    ...(job.leaveIf.length > 0 ? ["leaveIf"] : []),
    ...(job.leaveUnless ? ["leaveUnless"] : []),
  ];
  return [...ages, ...sizes, ...markers];
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

/** @param conditions what has to hold besides, so that a name alone decides nothing */
function show(
  given: FilterOptions,
  path: string,
  { isWanted, because, rule }: Ruling,
  conditions: readonly string[],
): void {
  const isOpen = isWanted && conditions.length > 0;
  if (given.json === true) {
    const more = isOpen ? { dependsOn: conditions } : {};
    writeJson({ event: "ruling", path, wanted: isWanted, because, rule: rule ?? null, ...more });
  } else if (given.quiet !== true) {
    const sign = isOpen ? "?" : isWanted ? "+" : "-";
    const rest = isOpen ? `; the job's ${conditions.join(", ")} may still leave it out` : "";
    process.stdout.write(`${sign} ${printable(path)}  ${printable(because)}${rest}\n`);
  }
}

function writeJson(event: object): void {
  process.stdout.write(`${jsonText({ ...event, at: isoTime(Date.now()) })}\n`);
}
