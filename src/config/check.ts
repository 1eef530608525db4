import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { parsePattern } from "../copy/glob.ts";
import { AppError } from "../shared/errors.ts";
import type { Fault, Read } from "./document.ts";
import { HostFile } from "./hosts.ts";
import { JobFile } from "./jobs.ts";
import { type Directories, nameOf, readFileAs, yamlFiles } from "./load.ts";
import { HOST_NAME, parseLocation } from "./location.ts";
import { suggestion } from "./nearest.ts";

/** What `fxpd check` found. */
export interface Report {
  readonly hosts: number;
  readonly jobs: number;
  readonly faults: readonly Fault[];
}

/** Reads every host and job file, and looks whether what they point to is there. */
export async function checkConfiguration({ config, jobs }: Directories): Promise<Report> {
  const hostFiles = await yamlFiles(join(config, "hosts"));
  const jobFiles = await yamlFiles(jobs);
  const hosts = hostFiles.map(nameOf);
  const faults = [
    ...(await Promise.all(hostFiles.map(checkHost))),
    ...(await Promise.all(jobFiles.map((file) => checkJob(file, hosts)))),
    twice(hostFiles, "host"),
    twice(jobFiles, "job"),
  ];
  return { hosts: hostFiles.length, jobs: jobFiles.length, faults: faults.flat() };
}

async function checkHost(file: string): Promise<readonly Fault[]> {
  const read = await readFileAs(file, HostFile);
  if (read.kind === "faulty") return read.faults;
  const { value } = read;
  const named = HOST_NAME.test(nameOf(file))
    ? []
    : [faultAt(read, file, [], "a host's name has letters, digits, dots, hyphens and underscores only")];
  const paths: [PropertyKey[], string | undefined][] = [
    [["tls", "caFile"], value.tls.caFile],
    [
      ["passwordFrom", "file"],
      value.passwordFrom && "file" in value.passwordFrom ? value.passwordFrom.file : undefined,
    ],
  ];
  return [...named, ...paths.flatMap(([keys, path]) => missing(read, file, keys, path))];
}

function missing(read: Valid, file: string, keys: PropertyKey[], path: string | undefined): readonly Fault[] {
  if (path === undefined || existsSync(isAbsolute(path) ? path : join(dirname(file), path))) return [];
  return [faultAt(read, file, keys, `there is no file ${path}`)];
}

async function checkJob(file: string, hosts: readonly string[]): Promise<readonly Fault[]> {
  const read = await readFileAs(file, JobFile);
  if (read.kind === "faulty") return read.faults;
  const { copy } = read.value;
  const locations: [PropertyKey[], string][] = [
    ...copy.from.map((from): [PropertyKey[], string] => [["copy", "from"], from]),
    [["copy", "to"], copy.to],
  ];
  return locations.flatMap(([keys, text]) => {
    const message = faultOfLocation(text, keys[1] === "to", hosts);
    return message === undefined ? [] : [faultAt(read, file, keys, message)];
  });
}

function faultOfLocation(text: string, isTarget: boolean, hosts: readonly string[]): string | undefined {
  try {
    const location = parseLocation(text);
    if (location.kind === "host" && !hosts.includes(location.host)) {
      return `unknown host ${location.host}${suggestion(location.host, hosts)}`;
    }
    const hasWildcards = parsePattern(location.path).kind === "glob";
    return isTarget && hasWildcards ? "a target cannot have wildcards" : undefined;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

function twice(files: readonly string[], what: string): readonly Fault[] {
  return files
    .filter((file, index) => files.findIndex((one) => nameOf(one) === nameOf(file)) < index)
    .map((file) => ({
      file,
      line: 1,
      column: 1,
      message: `there are two files for the ${what} ${nameOf(file)}`,
    }));
}

type Valid = Extract<Read<unknown>, { kind: "valid" }>;

function faultAt(read: Valid, file: string, keys: readonly PropertyKey[], message: string): Fault {
  const key = keys.join(".");
  return { file, ...read.placeOf(keys), ...(key === "" ? {} : { key }), message };
}
