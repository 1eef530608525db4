import { readFile } from "node:fs/promises";
import { parseRules, type Rule } from "../../copy/rules.ts";
import { ConfigError } from "../../shared/errors.ts";
import { reasonAt } from "../../shared/reason-at.ts";
import type { JobFile } from "../schema/jobs.ts";
import { besideFile, readOwn } from "./files.ts";

/** Rules that the command line gives: one by one, and in files. */
export interface RuleOptions {
  readonly rules?: readonly Rule[];
  readonly filterFrom?: readonly string[];
}

/** What a job says of rules, and the file that says it. */
interface JobRules
  extends Readonly<Pick<JobFile, "rules" | "include" | "exclude" | "rulesFrom" | "filterFrom">> {
  readonly file: string;
}

/**
 * All rules of a run in the order in which they are applied, each with its place: the command line's, the
 * job's, those in files (of the command line, then of the job).
 * @throws ConfigError for a file that cannot be read or has a faulty line
 */
export async function gatherRules(options: RuleOptions, job?: JobRules): Promise<Rule[]> {
  const files = job === undefined ? [] : rulesFiles(job);
  return [
    ...numbered(options.rules ?? [], "the command line"),
    ...(job === undefined ? [] : rulesOfJob(job)),
    ...(await Promise.all((options.filterFrom ?? []).map((file) => loadAnyRules(file)))).flat(),
    ...(await Promise.all(files.map(loadRules))).flat(),
  ];
}

function rulesOfJob({ file, rules, include, exclude }: JobRules): readonly Rule[] {
  const all: readonly Rule[] = [
    ...rules,
    ...include.map((one) => ({ include: one })),
    ...exclude.map((one) => ({ exclude: one })),
  ];
  return numbered(all, file);
}

/** The files of rules that a job names. */
function rulesFiles({ file, rulesFrom, filterFrom }: JobRules): readonly string[] {
  return [...rulesFrom, ...filterFrom].map((path) => besideFile(file, path));
}

/** Rules of a file that a job names. @throws ConfigError */
export function loadRules(file: string): Promise<readonly Rule[]> {
  return rulesIn(file, readOwn);
}

/** Rules of a file that the command line names, which may be anybody's, and a pipe. */
function loadAnyRules(file: string): Promise<readonly Rule[]> {
  return rulesIn(file, (path) => readFile(path, "utf8"));
}

async function rulesIn(file: string, read: (file: string) => Promise<string>): Promise<readonly Rule[]> {
  const text = await read(file).catch((error: unknown) => {
    throw new ConfigError(`cannot be read: ${reasonAt(file, error)}`, file);
  });
  return parseRules(text, file);
}

function numbered(rules: readonly Rule[], where: string): readonly Rule[] {
  return rules.map((rule, index) => ({ ...rule, from: `rule ${index + 1} of ${where}` }));
}
