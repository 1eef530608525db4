import { checkConfiguration } from "../config/load/check.ts";
import type { Fault } from "../config/load/document.ts";
import { type JobFile, jobSchemaFor } from "../config/schema/jobs.ts";
import type { Directories } from "../config/load/directories.ts";
import { definitionName, yamlFiles } from "../config/load/files.ts";
import { loadJob } from "../config/load/load-job.ts";
import { copyRequestOf, targetsRequestOf, type Transcribed } from "../wiring/requests.ts";
import { type TargetNames, namesInJob, namesOfJob } from "../config/load/names.ts";
import { gatherRules } from "../config/load/rules.ts";
import type { CopyRequest } from "../copy/request.ts";
import type { Rule } from "../copy/rules.ts";
import type { MirrorRequest } from "../mirror/contract.ts";
import type { TargetsRequest } from "../mirror/targets.ts";
import { ConfigError } from "../shared/errors.ts";
import { reasonAt } from "../shared/reason-at.ts";
import { canonicalJson } from "../shared/json/canonical-json.ts";
import { type HookedRun, hookedRun } from "../wiring/hooks/hooked-run.ts";
import type { Run, RunOrder } from "./runs/run.ts";

/** A job as it is in its file now. */
export interface Definition {
  readonly name: string;
  readonly file: string;
  /** As it is written, before it is checked; what a run keeps of it. */
  readonly document: unknown;
  readonly job: JobFile;
  readonly rules: readonly Rule[];
}

/** @throws ConfigError for a job that is not there, or has faults */
export async function definitionOf(name: string, directories: Directories): Promise<Definition> {
  const loaded = await loadJob(name, directories);
  const { file, job } = loaded;
  return { ...loaded, rules: await gatherRules({}, { file, ...job }) };
}

/** Jobs as their files say now, and all that is wrong with the files there are. */
export interface CheckedDefinitions {
  readonly definitions: readonly Definition[];
  readonly faults: readonly Fault[];
}

/** All jobs, or all that is wrong with the hosts and jobs there are; a directory that cannot be read is a fault, too. */
export async function allDefinitions(directories: Directories): Promise<CheckedDefinitions> {
  try {
    const { faults } = await checkConfiguration(directories);
    if (faults.length > 0) return { definitions: [], faults };
  } catch (error) {
    return { definitions: [], faults: [faultOf(directories.jobs, error)] };
  }
  const found = await soundDefinitions(directories);
  return found.faults.length > 0 ? { definitions: [], faults: found.faults } : found;
}

/** The jobs whose own files are right, whatever is wrong with others. */
export async function soundDefinitions(directories: Directories): Promise<CheckedDefinitions> {
  const definitions: Definition[] = [];
  const faults: Fault[] = [];
  try {
    for (const file of await yamlFiles(directories.jobs)) {
      try {
        definitions.push(await definitionOf(definitionName(file), directories));
      } catch (error) {
        faults.push(faultOf(file, error));
      }
    }
  } catch (error) {
    faults.push(faultOf(directories.jobs, error));
  }
  return { definitions, faults };
}

function faultOf(file: string, error: unknown): Fault {
  const message = error instanceof ConfigError ? error.message : `cannot be read: ${reasonAt(file, error)}`;
  return { file, line: 1, column: 1, message };
}

/** What a run is to do, as the engine takes it. */
export type Request =
  | { readonly kind: "copy"; readonly request: CopyRequest }
  | {
      readonly kind: "mirror";
      /** To one of its targets: the first, unless it is {@link partOf}. */
      readonly request: MirrorRequest;
      readonly targets: TargetsRequest;
    };

/** The same run as far as it is about one of its targets, 0 …. @throws RangeError for one that it has not */
export function partOf(request: Request, part: number): Request {
  if (request.kind === "copy") return request;
  const mirror = request.targets.mirrors[part];
  if (mirror === undefined) throw new RangeError(`unknown target ${part}`);
  return { ...request, request: mirror };
}

/**
 * The only files that a run is about; undefined: all. A list in a file is that of this machine's own job, whatever the
 * order says.
 * @throws ConfigError for a list that cannot be read, or is not of such a job
 */
export async function namesIn(
  { job: name, document }: Pick<RunOrder, "job" | "document">,
  directories: Directories,
): Promise<TargetNames | undefined> {
  const job = jobSchemaFor(document).parse(document);
  if (job.filesFrom === undefined) return namesInJob(job);
  const own = await loadJob(name, directories);
  if (/\.ya?ml$/.test(name) || own.job.filesFrom !== job.filesFrom)
    throw new ConfigError(`has no filesFrom: ${job.filesFrom} on this machine`, own.file);
  const names = await namesOfJob(own.job, own.file);
  const renamed = [...(names ?? [])].find(([from, to]) => from !== to);
  if (renamed !== undefined)
    throw new ConfigError(
      `"${renamed[0]}" gets another name, which a list in a file can say only for fxpd run; use files in the job`,
      own.file,
    );
  return names;
}

/**
 * The programs that a run starts before and after it. They are those of this machine's own job file, whatever the order
 * says, and orders that came over the API have none.
 * @throws ConfigError for an order with hooks that the job's file has not
 */
export async function hooksOf(
  { id, order }: Pick<Run, "id" | "order">,
  directories: Directories,
): Promise<HookedRun | undefined> {
  const asked = jobSchemaFor(order.document).parse(order.document).hooks;
  if (asked === undefined || order.dryRun) return undefined;
  const name = order.job;
  if (order.isForeign === true || /\.ya?ml$/.test(name))
    throw new ConfigError("hooks are started only for jobs in this machine's jobs/", name);
  const own = await loadJob(name, directories);
  if (canonicalJson(own.job.hooks) !== canonicalJson(asked))
    throw new ConfigError("its hooks differ from those of the run's order", own.file);
  return hookedRun(name, own.file, own.job, id);
}

/**
 * @param names the only files it is about, where a file has the list; absent: those that the job itself names
 * @throws ConfigError for a host that this machine does not know
 */
export async function requestOf(
  {
    document,
    rules,
    dryRun,
    isForeign = false,
  }: Pick<RunOrder, "document" | "rules" | "dryRun" | "isForeign">,
  directories: Directories,
  transcribed: Transcribed,
  names?: TargetNames,
): Promise<Request> {
  const job = jobSchemaFor(document).parse(document);
  const listed = names ?? namesInJob(job);
  const gathered = rules.map(({ from, ...rule }) => (from === undefined ? rule : { ...rule, from }));
  const common = { dryRun, directories, isForeign, ...(listed === undefined ? {} : { names: listed }) };
  if ("mirror" in job) {
    const { from: source, to, spread } = job.mirror;
    const options = { ...job, rules: gathered };
    const order = { source, targets: to, spread, options, ...common };
    const targets = await targetsRequestOf(order, transcribed);
    return { kind: "mirror", request: targets.mirrors[0], targets };
  }
  const { from: sources, to: target } = job.copy;
  const options = { ...job, rules: gathered };
  const isListed = listed !== undefined || job.filesFrom !== undefined;
  const order = { sources, target, options, isListed, ...common };
  return { kind: "copy", request: await copyRequestOf(order, transcribed) };
}
