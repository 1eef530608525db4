import { nameListOf, type NameList, parseNameList } from "../../copy/name-list.ts";
import { ConfigError } from "../../shared/errors.ts";
import { reasonAt } from "../../shared/reason-at.ts";
import type { JobFile } from "../schema/jobs.ts";
import { besideFile, readOwn } from "./files.ts";

/** From each name below a source directory to the name at the target. */
export type TargetNames = NameList["names"];

/** The list that is in a job itself; undefined: there is none. @throws ConfigError */
export function namesInJob({ files }: Pick<JobFile, "files">): TargetNames | undefined {
  if (files === undefined) return undefined;
  const pairs = files.map((one) =>
    typeof one === "string" ? ([one] as const) : ([one.from, one.to] as const),
  );
  return nameListOf(pairs.map((pair, index) => ({ pair, where: `files: entry ${index + 1}` }))).names;
}

/**
 * The only files that a job is about; undefined: all.
 * @param file that has the job, which its list is found beside
 * @throws ConfigError for a list that cannot be read or has a faulty line, and for two lists
 */
export async function namesOfJob(
  job: Pick<JobFile, "files" | "filesFrom" | "from0">,
  file: string,
): Promise<TargetNames | undefined> {
  const { filesFrom, from0 } = job;
  if (filesFrom === undefined) {
    if (from0) throw new ConfigError("from0 needs filesFrom", file);
    return namesInJob(job);
  }
  if (job.files !== undefined) throw new ConfigError("has both files and filesFrom; use one of them", file);
  const path = besideFile(file, filesFrom);
  const text = await readOwn(path).catch((error: unknown) => {
    throw new ConfigError(`cannot be read: ${reasonAt(path, error)}`, path);
  });
  return parseNameList(text, from0, path).names;
}
