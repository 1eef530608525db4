import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { definitionName, yamlFiles } from "../config/load/files.ts";
import { jobSchemaFor } from "../config/schema/jobs.ts";
import { formatLocation, type Location } from "../config/locations/location.ts";
import { matchesName } from "../shared/name-pattern.ts";
import { suggestion } from "../config/load/nearest.ts";
import { gatherRules } from "../config/load/rules.ts";
import type { ManualRequest as Submitted } from "../orchestrator/runs/control.ts";
import type { Caller } from "./access/auth.ts";
import type { ApiDeps } from "./deps.ts";
import { isWithinLimits, locationsIn } from "./access/limits.ts";
import { Refusal } from "./problem.ts";
import { maySeeJob, visibleJob } from "./access/visible.ts";
import { hexDigest } from "../shared/hex-digest.ts";

/** What is to be run, as it came: what the schema has made of it would not be what was written. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * What a request asks to be run: a job of this installation, or one that is in the request.
 * @throws Refusal for a job that is not there, a name that a job has, and for what a request may not reach
 */
export async function submittedBy(
  body: Document,
  key: string | undefined,
  deps: ApiDeps,
  caller: Caller,
): Promise<Submitted> {
  const { job, name, dryRun = false, keepTranscripts = false, ...document } = body;
  const transcripts = keepTranscripts === true ? { keepsTranscripts: true } : {};
  const common = { dryRun: dryRun === true, ...transcripts, ...(key === undefined ? {} : { key }) };
  if (typeof job === "string") {
    await visibleJob(deps, caller, job);
    const fresh = await deps.definitions.fresh(job);
    if (!maySeeJob(caller, fresh)) throw new Refusal(404, `no such job: ${job}`);
    return { ...common, job, document: fresh.document, rules: fresh.rules };
  }
  for (const location of locationsIn(document) ?? []) await requireReachable(location, deps);
  const called = typeof name === "string" ? name : nameFor(key);
  if (!isWithinLimits(caller.limits, { job: called, document }))
    throw new Refusal(
      403,
      `body: not permitted: the token of ${caller.name} is limited to certain jobs, hosts or paths`,
    );
  const { definitions: all } = await deps.definitions.all();
  if (all.some((one) => one.name === called))
    throw new Refusal(
      422,
      `body: name: ${called} is already a job of this installation; choose another name`,
    );
  const rules = await gatherRules({}, { file: "the request", ...jobSchemaFor(document).parse(document) });
  return { ...common, job: called, document, rules, isForeign: true };
}

/** The same for the same key, so that what is asked for twice is one. */
function nameFor(key: string | undefined): string {
  const digits = key === undefined ? randomBytes(4).toString("hex") : hexDigest(key);
  return `adhoc-${digits.slice(0, 8)}`;
}

/**
 * Who may operate the API is no user of the machines that its workers run on, nor of their network: a request reaches
 * the hosts of this installation, and others only where its configuration says so.
 */
async function requireReachable(location: Location, { directories, allowUrls }: ApiDeps): Promise<void> {
  const shown = formatLocation(location);
  if (location.kind === "local")
    throw new Refusal(
      422,
      `body: ${shown} is a local path on the worker's machine; only job files may use local paths`,
    );
  if (location.kind === "host") {
    const hosts = (await yamlFiles(join(directories.config, "hosts"))).map(definitionName);
    if (hosts.includes(location.host)) return;
    throw new Refusal(422, `body: no such host: ${location.host}${suggestion(location.host, hosts)}`);
  }
  const isAllowed =
    typeof allowUrls === "boolean" ? allowUrls : matchesName(allowUrls, location.address.toLowerCase());
  if (!isAllowed)
    throw new Refusal(
      422,
      `body: ${shown} is a URL; requests may only use hosts from config/hosts, unless api.allowUrls in daemon.yaml allows the address`,
    );
}
