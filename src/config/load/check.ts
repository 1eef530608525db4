import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../shared/errors.ts";
import { requireOwn } from "../../shared/trust/trusted.ts";
import { faultsOfChains, type ChainLink } from "./chains.ts";
import { DaemonFile } from "../schema/daemon.ts";
import type { Fault, FaultAt } from "./document.ts";
import { HostFile, type SecretSource } from "../schema/hosts.ts";
import { jobSchemaFor } from "../schema/jobs.ts";
import type { Directories } from "./directories.ts";
import { besideFile, definitionName, readFileAs, yamlFiles } from "./files.ts";
import { daemonFile } from "./load-daemon.ts";
import { ambiguityOf } from "../locations/ambiguity.ts";
import { HOST_NAME, parseLocation } from "../locations/location.ts";
import { suggestion } from "./nearest.ts";
import { namesOfJob } from "./names.ts";
import { loadRules } from "./rules.ts";
import { faultOfSecret } from "./secrets.ts";

/** What `fxpd check` found. */
export interface CheckReport {
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

/** Reads the daemon's file and every host and job file, and looks whether what they point to is there. */
export async function checkConfiguration({ config, jobs }: Directories): Promise<CheckReport> {
  requireOwn(config);
  const hostsDirectory = join(config, "hosts");
  const hostFiles = await yamlFiles(hostsDirectory);
  const jobFiles = await yamlFiles(jobs);
  const hosts = { names: hostFiles.map(definitionName), directory: hostsDirectory };
  const links: ChainLink[] = [];
  const findings = await Promise.all([
    checkDaemon(daemonFile(config)),
    ...hostFiles.map((file) => checkHost(file, hosts)),
    ...jobFiles.map((file) => checkJob(file, hosts, links)),
  ]);
  return {
    hosts: hostFiles.length,
    jobs: jobFiles.length,
    faults: [
      ...findings.flatMap(({ faults }) => faults),
      ...faultsOfNames("host", hostFiles),
      ...faultsOfNames("job", jobFiles),
      ...faultsOfChains(links.sort(byJob), jobFiles.map(definitionName)),
    ],
    warnings: findings.flatMap(({ warnings }) => warnings),
  };
}

/** They were read at once, and came in any order. */
function byJob(one: ChainLink, other: ChainLink): number {
  return one.job < other.job ? -1 : 1;
}

async function checkDaemon(file: string): Promise<Findings> {
  if (!existsSync(file)) return { faults: [], warnings: [] };
  const read = await readFileAs(file, DaemonFile);
  if (read.kind === "faulty") return { faults: read.faults, warnings: [] };
  const { redis, api, notifications } = read.value;
  const faults = faultsOfFile(redis.tls?.caFile, ["redis", "tls", "caFile"], file, read.faultAt);
  const secrets: readonly (readonly [readonly PropertyKey[], SecretSource | undefined])[] = [
    [["redis", "passwordFrom"], redis.passwordFrom],
    [["redis", "sentinels", "passwordFrom"], redis.sentinels?.passwordFrom],
    ...api.tokens.map(({ tokenFrom }, index) => [["api", "tokens", index, "tokenFrom"], tokenFrom] as const),
    ...notifications.webhooks.map(
      ({ secretFrom }, index) => [["notifications", "webhooks", index, "secretFrom"], secretFrom] as const,
    ),
    [["notifications", "email", "passwordFrom"], notifications.email?.passwordFrom],
  ];
  const found = await Promise.all(
    secrets.map(([keys, source]) => checkSecret(source, keys, file, read.faultAt)),
  );
  return together([{ faults, warnings: [] }, ...found]);
}

function faultsOfFile(
  name: string | undefined,
  keys: readonly PropertyKey[],
  file: string,
  faultAt: FaultAt,
): readonly Fault[] {
  if (name === undefined || existsSync(besideFile(file, name))) return [];
  return [faultAt(keys, `file not found: ${besideFile(file, name)}`)];
}

/** The environment of the daemon is another than that of the person who checks. */
async function checkSecret(
  source: SecretSource | undefined,
  keys: readonly PropertyKey[],
  file: string,
  faultAt: FaultAt,
): Promise<Findings> {
  const message = source && (await faultOfSecret(source, file));
  if (source === undefined || message === undefined) return { faults: [], warnings: [] };
  const fault = faultAt([...keys, ...Object.keys(source)], message);
  return "env" in source ? { faults: [], warnings: [fault] } : { faults: [fault], warnings: [] };
}

function together(findings: readonly Findings[]): Findings {
  return {
    faults: findings.flatMap(({ faults }) => faults),
    warnings: findings.flatMap(({ warnings }) => warnings),
  };
}

async function checkHost(file: string, hosts: Hosts): Promise<Findings> {
  const read = await readFileAs(file, HostFile);
  if (read.kind === "faulty") return { faults: read.faults, warnings: [] };
  const { tls, passwordFrom, accountFrom, limits } = read.value;
  const linked = (["rateTo", "rateFrom"] as const).flatMap((key) =>
    Object.keys(limits[key] ?? {}).flatMap((name) => (name === "local" ? [] : [{ key, name }])),
  );
  const faults = [
    ...faultsOfFile(tls.caFile, ["tls", "caFile"], file, read.faultAt),
    ...linked.flatMap(({ key, name }) =>
      faultsOfHost(`${name}:`, ["limits", key, name], hosts, read.faultAt),
    ),
  ];
  const secrets = await Promise.all([
    checkSecret(passwordFrom, ["passwordFrom"], file, read.faultAt),
    checkSecret(accountFrom, ["accountFrom"], file, read.faultAt),
  ]);
  return together([{ faults, warnings: [] }, ...secrets]);
}

interface Hosts {
  readonly names: readonly string[];
  readonly directory: string;
}

/** @param links gets what the job follows */
async function checkJob(file: string, hosts: Hosts, links: ChainLink[]): Promise<Findings> {
  const read = await readFileAs(file, jobSchemaFor);
  if (read.kind === "faulty") return { faults: read.faults, warnings: [] };
  const job = read.value;
  links.push({ job: definitionName(file), after: job.after?.job, faultAt: read.faultAt });
  const [kind, { from, to }] = "mirror" in job ? ["mirror", job.mirror] : ["copy", job.copy];
  const faults = [
    ...[from]
      .flat()
      .flatMap((text, index) =>
        faultsOfHost(text, [kind, "from", ...(Array.isArray(from) ? [index] : [])], hosts, read.faultAt),
      ),
    ...[to]
      .flat()
      .flatMap((text, index) =>
        faultsOfHost(text, [kind, "to", ...(Array.isArray(to) ? [index] : [])], hosts, read.faultAt),
      ),
    ...(job.watch?.in === undefined ? [] : faultsOfHost(job.watch.in, ["watch", "in"], hosts, read.faultAt)),
  ];
  const { rulesFrom, filterFrom } = read.value;
  for (const [key, paths] of Object.entries({ rulesFrom, filterFrom })) {
    for (const [index, path] of paths.entries()) {
      await loadRules(besideFile(file, path)).catch((error: unknown) =>
        faults.push(read.faultAt([key, index], messageOf(error))),
      );
    }
  }
  await namesOfJob(read.value, file).catch((error: unknown) =>
    faults.push(read.faultAt([read.value.filesFrom === undefined ? "files" : "filesFrom"], messageOf(error))),
  );
  return { faults, warnings: [] };
}

function faultsOfHost(
  text: string,
  keys: readonly PropertyKey[],
  hosts: Hosts,
  faultAt: FaultAt,
): readonly Fault[] {
  const location = parseLocation(text);
  const ambiguity = ambiguityOf(text, (name) => hosts.names.includes(name));
  if (ambiguity !== undefined) return [faultAt(keys, ambiguity)];
  if (location.kind !== "host" || hosts.names.includes(location.host)) return [];
  const { host } = location;
  const near = suggestion(host, hosts.names);
  return [faultAt(keys, `no such host: ${host} (no ${host}.yaml in ${hosts.directory})${near}`)];
}

function faultsOfNames(what: string, files: readonly string[]): readonly Fault[] {
  const names = files.map(definitionName);
  return files.flatMap((file, index) => {
    const name = names[index] ?? "";
    const place = { file, line: 1, column: 1 };
    if (!HOST_NAME.test(name)) {
      return [
        {
          ...place,
          message: `"${name}" is not a valid name for a ${what}; expected letters, digits, dots, hyphens and underscores`,
        },
      ];
    }
    const isSecond = names.indexOf(name) < index;
    return isSecond ? [{ ...place, message: `the ${what} ${name} is already defined in another file` }] : [];
  });
}
