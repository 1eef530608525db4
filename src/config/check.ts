import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../shared/errors.ts";
import type { Fault, FaultAt } from "./document.ts";
import { HostFile } from "./hosts.ts";
import { jobSchemaFor } from "./jobs.ts";
import { besideFile, type Directories, nameOf, readFileAs, yamlFiles } from "./load.ts";
import { HOST_NAME, parseLocation } from "./location.ts";
import { suggestion } from "./nearest.ts";
import { loadRules, rulesFiles } from "./rules.ts";
import { faultOfSecret } from "./secrets.ts";

/** What `fxpd check` found. */
export interface Report {
  /** How many files there are. */
  readonly hosts: number;
  readonly jobs: number;
  readonly faults: readonly Fault[];
  /** What is wrong here and now, and may be right where the job runs. */
  readonly warnings: readonly Fault[];
}

interface Findings {
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** Reads every host and job file, and looks whether what they point to is there. */
export async function checkConfiguration({ config, jobs }: Directories): Promise<Report> {
  const hostsDirectory = join(config, "hosts");
  const hostFiles = await yamlFiles(hostsDirectory);
  const jobFiles = await yamlFiles(jobs);
  const hosts = { names: hostFiles.map(nameOf), directory: hostsDirectory };
  const findings = await Promise.all([
    ...hostFiles.map(checkHost),
    ...jobFiles.map((file) => checkJob(file, hosts)),
  ]);
  return {
    hosts: hostFiles.length,
    jobs: jobFiles.length,
    faults: [
      ...findings.flatMap(({ faults }) => faults),
      ...faultsOfNames("host", hostFiles),
      ...faultsOfNames("job", jobFiles),
    ],
    warnings: findings.flatMap(({ warnings }) => warnings),
  };
}

async function checkHost(file: string): Promise<Findings> {
  const read = await readFileAs(file, HostFile);
  if (read.kind === "faulty") return { faults: read.faults, warnings: [] };
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  const { tls, ...host } = read.value;
  if (tls.caFile !== undefined && !existsSync(besideFile(file, tls.caFile))) {
    faults.push(read.faultAt(["tls", "caFile"], `there is no file ${besideFile(file, tls.caFile)}`));
  }
  for (const key of ["passwordFrom", "accountFrom"] as const) {
    const source = host[key];
    const message = source && (await faultOfSecret(source, file));
    if (source === undefined || message === undefined) continue;
    // The environment of the daemon is another than that of the person who checks.
    ("env" in source ? warnings : faults).push(read.faultAt([key, ...Object.keys(source)], message));
  }
  return { faults, warnings };
}

interface Hosts {
  readonly names: readonly string[];
  readonly directory: string;
}

async function checkJob(file: string, hosts: Hosts): Promise<Findings> {
  const read = await readFileAs(file, jobSchemaFor);
  if (read.kind === "faulty") return { faults: read.faults, warnings: [] };
  const job = read.value;
  const [kind, { from, to }] = "mirror" in job ? ["mirror", job.mirror] : ["copy", job.copy];
  const faults = [
    ...[from]
      .flat()
      .flatMap((text, index) =>
        faultsOfHost(text, [kind, "from", ...(Array.isArray(from) ? [index] : [])], hosts, read.faultAt),
      ),
    ...faultsOfHost(to, [kind, "to"], hosts, read.faultAt),
  ];
  for (const [index, path] of rulesFiles({ file, ...read.value }).entries()) {
    await loadRules(path).catch((error: unknown) =>
      faults.push(read.faultAt(["rulesFrom", index], messageOf(error))),
    );
  }
  return { faults, warnings: [] };
}

function faultsOfHost(
  text: string,
  keys: readonly PropertyKey[],
  hosts: Hosts,
  faultAt: FaultAt,
): readonly Fault[] {
  const location = parseLocation(text);
  if (location.kind !== "host" || hosts.names.includes(location.host)) return [];
  const { host } = location;
  const near = suggestion(host, hosts.names);
  return [faultAt(keys, `there is no host ${host}: no ${host}.yaml in ${hosts.directory}${near}`)];
}

function faultsOfNames(what: string, files: readonly string[]): readonly Fault[] {
  const names = files.map(nameOf);
  return files.flatMap((file, index) => {
    const name = names[index] ?? "";
    const place = { file, line: 1, column: 1 };
    if (!HOST_NAME.test(name)) {
      return [
        {
          ...place,
          message: `"${name}" is no name for a ${what}; expected letters, digits, dots, hyphens and underscores`,
        },
      ];
    }
    const isSecond = names.indexOf(name) < index;
    return isSecond ? [{ ...place, message: `the ${what} ${name} has another file already` }] : [];
  });
}
