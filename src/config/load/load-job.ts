import type { Directories } from "./directories.ts";
import { definitionName, load, readFileAs, valid } from "./files.ts";
import { type JobFile, jobSchemaFor } from "../schema/jobs.ts";

interface LoadedJob {
  readonly name: string;
  readonly file: string;
  readonly job: JobFile;
  /** As it is written, before it is checked. */
  readonly document: unknown;
}

/** A job, by its name or by its file. */
export async function loadJob(name: string, { jobs }: Directories): Promise<LoadedJob> {
  if (/\.ya?ml$/.test(name)) {
    const { value: job, document } = valid(await readFileAs(name, jobSchemaFor));
    return { name: definitionName(name), file: name, job, document };
  }
  const { file, value: job, document } = await load("job", name, jobs, jobSchemaFor);
  return { name, file, job, document };
}
