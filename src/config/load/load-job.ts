import type { Directories } from "./directories.ts";
import { load, definitionName, readFileAs, valid } from "./files.ts";
import { type JobFile, jobSchemaFor } from "../schema/jobs.ts";

/** A job, by its name or by its file. */
export async function loadJob(
  name: string,
  { jobs }: Directories,
): Promise<{ readonly name: string; readonly file: string; readonly job: JobFile }> {
  if (/\.ya?ml$/.test(name))
    return { name: definitionName(name), file: name, job: valid(await readFileAs(name, jobSchemaFor)) };
  const { file, value } = await load("job", name, jobs, jobSchemaFor);
  return { name, file, job: value };
}
