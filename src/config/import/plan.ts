import { stringify } from "yaml";
import type { z } from "zod";
import { HostFile } from "../schema/hosts.ts";
import { jobSchemaFor } from "../schema/jobs.ts";
import type { Imported, ImportedHost, ImportedJob, NotTaken, ImportedPlace } from "./imported.ts";

/** Where something was found. */
interface Origin {
  /** As people call the file. */
  readonly file: string;
  readonly line: number;
}

/** A file of ours that is to be written. */
export interface PlannedFile {
  readonly text: string;
  readonly origin: Origin;
}

export interface HostDraft extends PlannedFile {
  readonly name: string;
  /** By the ends of their file names, `password` and `account`. */
  readonly secrets: ReadonlyMap<string, string>;
  /** What makes it the same server as one that is there already. */
  readonly server: { readonly address: string; readonly port?: number; readonly user?: string };
}

export interface JobDraft extends PlannedFile {
  readonly name: string;
  /** Names of the hosts and the job that it needs. */
  readonly hosts: readonly string[];
  readonly after?: string;
}

/** What is to be written, and what of the files is not. */
interface Drafts {
  readonly hosts: readonly HostDraft[];
  readonly jobs: readonly JobDraft[];
  readonly notTaken: readonly (NotTaken & { readonly file: string })[];
}

/** Files of hosts and jobs for all that was read, in its order, each valid for itself. */
export function draftsOf(files: readonly { readonly file: string; readonly imported: Imported }[]): Drafts {
  const hosts = new Map<ImportedHost, HostDraft>();
  const jobs = new Map<ImportedJob, JobDraft>();
  const notTaken: (NotTaken & { readonly file: string })[] = [];
  const [hostNames, jobNames] = [new Names("host"), new Names("job")];
  const same = new Map<string, HostDraft>();
  for (const { file, imported } of files) {
    notTaken.push(...imported.notTaken.map((one) => ({ ...one, file })));
    const lose = (line: number, what: string, because: string) =>
      notTaken.push({ file, line, what, because, isLoss: true });
    for (const host of imported.hosts) {
      const key = JSON.stringify([cleanName(host.name), host.settings, host.password, host.account]);
      const fault = faultOfHost(host);
      const draft = fault === undefined ? (same.get(key) ?? hostDraft(host, hostNames, file)) : undefined;
      if (draft === undefined) lose(host.line, host.name, fault ?? "");
      else {
        same.set(key, draft);
        hosts.set(host, draft);
      }
    }
    for (const job of imported.jobs) {
      const name = jobNames.next(job.name);
      const draft = jobDraft(job, name, hosts, jobs, file);
      if (typeof draft === "string") lose(job.line, job.name, draft);
      else jobs.set(job, draft);
    }
  }
  return { hosts: [...new Set(hosts.values())], jobs: [...jobs.values()], notTaken };
}

/** A name that is the name of a file, and of a host or a job; empty where nothing is left of it. */
export function cleanName(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/\.{2,}/g, ".")
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "")
    .slice(0, MOST_LETTERS)
    .replace(/[^A-Za-z0-9]+$/, "");
}

/** Leaves room in the names of files for numbers and endings. */
const MOST_LETTERS = 100;

/** Names that are each used once, also on file systems that ignore the case of letters. */
class Names {
  readonly #used = new Set<string>();
  /** The last number that was tried for a name. */
  readonly #last = new Map<string, number>();
  readonly #otherwise: string;

  constructor(otherwise: string) {
    this.#otherwise = otherwise;
  }

  next(text: string): string {
    const clean = cleanName(text) || this.#otherwise;
    let name = clean;
    let number = this.#last.get(clean.toLowerCase()) ?? 1;
    while (this.#used.has(name.toLowerCase())) name = `${clean}-${(number += 1)}`;
    this.#last.set(clean.toLowerCase(), number);
    this.#used.add(name.toLowerCase());
    return name;
  }
}

/** Text that no file in UTF-8 can hold. */
const STRAY = /\p{Cs}/u;

function faultOfHost({ settings, password, account }: ImportedHost): string | undefined {
  const stray = Object.entries(settings).find(([, value]) => typeof value === "string" && STRAY.test(value));
  if (stray !== undefined) return `its ${stray[0]} is not UTF-8`;
  for (const secret of [password, account])
    if (secret !== undefined && /[\r\n\0]/.test(secret))
      return "its password has an end of line or NUL in it";
  return faultOf(HostFile, settings);
}

/** The first fault in the words of its schema. */
function faultOf(schema: z.ZodType, value: unknown): string | undefined {
  const parsed = schema.safeParse(value, { jitless: true });
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not valid"}`;
}

function hostDraft(host: ImportedHost, names: Names, file: string): HostDraft {
  const name = names.next(host.name);
  const { password, account, settings, line } = host;
  const { passwordFrom, ...others } = settings;
  const secrets = new Map(
    Object.entries({ password, account }).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  const keys = {
    ...others,
    ...(passwordFrom === undefined || secrets.has("password") ? {} : { passwordFrom }),
    ...(secrets.has("password") ? { passwordFrom: { file: `${name}.password` } } : {}),
    ...(secrets.has("account") ? { accountFrom: { file: `${name}.account` } } : {}),
  };
  const { address, port, user } = settings;
  const server = {
    address,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
  };
  return { name, text: stringify(keys, { lineWidth: 0 }), origin: { file, line }, secrets, server };
}

/** Other programs have no such safeguard. */
const NO_LIMIT = "# as before; a lower limit protects the target if the source has lost its files";

/** @returns why it cannot be written, where it cannot */
function jobDraft(
  job: ImportedJob,
  name: string,
  hosts: ReadonlyMap<ImportedHost, HostDraft>,
  jobs: ReadonlyMap<ImportedJob, JobDraft>,
  file: string,
): JobDraft | string {
  const places = [...job.from, job.to];
  const needed = places.flatMap(({ host }) => (host === undefined ? [] : [hosts.get(host)]));
  if (needed.includes(undefined)) return "one of its servers was not taken";
  const isLiteral = job.kind === "mirror";
  const from = job.from.map((place) => locationOf(place, hosts, isLiteral));
  const to = locationOf(job.to, hosts, true);
  const before = job.after === undefined ? undefined : jobs.get(job.after.job);
  if (job.after !== undefined && before === undefined) return "the job that it follows was not taken";
  const keys = {
    [job.kind]: { from: from.length === 1 ? from[0] : from, to },
    ...job.keys,
    ...(before === undefined ? {} : { after: { job: before.name, on: job.after?.on } }),
  };
  const text = stringify(keys, { lineWidth: 0 }).replace(/^maxDelete: 100%$/m, `$& ${NO_LIMIT}`);
  if (STRAY.test(text) || places.some(({ path }) => STRAY.test(path))) return "a path in it is not UTF-8";
  const fault = faultOf(jobSchemaFor(keys), keys);
  if (fault !== undefined) return fault;
  return {
    ...{ name, text, origin: { file, line: job.line } },
    hosts: [...new Set(needed.flatMap((host) => host?.name ?? []))],
    ...(before === undefined ? {} : { after: before.name }),
  };
}

function locationOf(
  { host, path }: ImportedPlace,
  hosts: ReadonlyMap<ImportedHost, HostDraft>,
  isLiteral: boolean,
): string {
  const shown = isLiteral ? path.replace(/[*?[\]{}\\]/g, "\\$&") : path;
  if (host !== undefined) return `${hosts.get(host)?.name ?? ""}:${shown}`;
  return /^(\/|\.\.?(\/|$))/.test(shown) ? shown : `./${shown}`;
}
