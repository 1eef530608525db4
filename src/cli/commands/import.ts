import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, resolve } from "node:path";
import {
  IMPORT_FORMATS,
  type Imported,
  ImportError,
  type ImportFormat,
  MOST_BYTES,
} from "../../config/import/imported.ts";
import { type LftpContext, parseBookmarks } from "../../config/import/lftp/files.ts";
import type { Site } from "../../config/import/lftp/site.ts";
import { type PlannedFile, draftsOf, type HostDraft, type JobDraft } from "../../config/import/plan.ts";
import { formatOf, readForeign } from "../../config/import/recognise.ts";
import { load } from "../../config/load/files.ts";
import { HostFile } from "../../config/schema/hosts.ts";
import { ConfigError } from "../../shared/errors.ts";
import { reasonOf } from "../../shared/system-error.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { decodeText } from "../../shared/octets.ts";
import { jsonText, printable } from "../../shared/printable.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { type Creation, createFile, type NewFile, pathOf, secretPath } from "../host-files.ts";
import { EXIT } from "../process/exit.ts";
import { counted } from "../../shared/units.ts";

interface ImportOptions extends CommonOptions {
  readonly format?: string;
  readonly dryRun?: boolean;
}

/** `fxpd import FILE…`: reads all of them before it writes anything. */
export async function importCommand(paths: readonly string[], given: ImportOptions): Promise<number> {
  const directories = directoriesOf(given);
  const format = formatNamed(given.format);
  const drafts = draftsOf(readAll(paths, format));
  const report = new Report(given);
  const isTried = given.dryRun === true;
  const hosts = resolve(directories.config, "hosts");
  const usable = new Set<string>();
  for (const draft of drafts.hosts) {
    const file = { directory: hosts, name: draft.name, text: textOf(draft), secrets: draft.secrets };
    const creation = await createFile(file, isTried);
    const isUsable = creation !== "exists" || (await isSameServer(draft, hosts));
    if (isUsable) usable.add(draft.name);
    report.file("host", file, draft, creation, isUsable ? undefined : "it is another server");
  }
  const jobs = new Set<string>();
  for (const draft of drafts.jobs) {
    const file = {
      directory: resolve(directories.jobs),
      name: draft.name,
      text: textOf(draft),
      secrets: new Map(),
    };
    const missing = missingFor(draft, usable, jobs);
    if (missing !== undefined) {
      report.notTaken({ ...draft.origin, what: draft.name, because: missing, isLoss: true });
      continue;
    }
    const creation = await createFile(file, isTried);
    if (creation !== "exists") jobs.add(draft.name);
    report.file("job", file, draft, creation);
  }
  for (const one of drafts.notTaken) report.notTaken(one);
  return report.end();
}

function formatNamed(name: string | undefined): ImportFormat | undefined {
  const format = IMPORT_FORMATS.find((one) => one === name);
  if (name === undefined || format !== undefined) return format;
  throw new ConfigError(
    `expected ${IMPORT_FORMATS.slice(0, -1).join(", ")} or ${IMPORT_FORMATS.at(-1)}`,
    "--format",
  );
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly format: ImportFormat;
}

/** @throws ConfigError that names the file which cannot be read, or is none of those */
function readAll(paths: readonly string[], given: ImportFormat | undefined) {
  const sources = paths.map((path): Source => {
    const text = contentOf(path);
    return { path, text, format: named(path, () => formatOf(text, given)) };
  });
  const bookmarks = new Map<string, Site>();
  for (const { path, text, format } of sources)
    if (format === "lftp-bookmarks")
      for (const [name, site] of named(path, () => parseBookmarks(text)).sites) bookmarks.set(name, site);
  /** Scripts that other files run, so that they are not read for themselves as well. */
  const run = new Set<string>();
  const context: LftpContext = {
    ...{ bookmarks, home: homedir(), timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone },
    script: (path) => {
      const given = sources.find((one) => basename(one.path) === basename(path));
      const found = given === undefined ? path : given.path;
      run.add(resolve(found));
      try {
        return given?.text ?? contentOf(found);
      } catch {
        return undefined;
      }
    },
  };
  const read: { readonly file: string; readonly path: string; readonly imported: Imported }[] = [];
  for (const { path, text, format } of sources)
    read.push({
      file: basename(path),
      path,
      imported: named(path, () => readForeign(text, format, context)),
    });
  return read.filter(({ path }) => !run.has(resolve(path)));
}

function named<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof ImportError ? new ImportError(error.message, path, error) : error;
  }
}

/** Text of a file, which Windows may have written. */
function contentOf(path: string): string {
  try {
    const is = statSync(path);
    if (!is.isFile()) throw new ConfigError("it is not a file");
    if (is.size > MOST_BYTES) throw new ConfigError(`it has more than ${MOST_BYTES} bytes`);
    const octets = readFileSync(path);
    const isWide = octets[0] === 0xff && octets[1] === 0xfe;
    return isWide ? octets.subarray(2).toString("utf16le") : decodeText(octets);
  } catch (error) {
    throw new ConfigError(`cannot be imported: ${reasonOf(error)}`, path, error);
  }
}

function textOf({ text, origin: { file, line } }: PlannedFile): string {
  return `# Imported from ${printable(file)}, line ${line}.\n${text}`;
}

/** Whether a host file that is there describes the same server, whatever else it says. */
async function isSameServer({ name, server }: HostDraft, directory: string): Promise<boolean> {
  try {
    const { value } = await load("host", name, directory, HostFile);
    return value.address === server.address && value.port === server.port && value.user === server.user;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

function missingFor(
  draft: JobDraft,
  hosts: ReadonlySet<string>,
  jobs: ReadonlySet<string>,
): string | undefined {
  const host = draft.hosts.find((name) => !hosts.has(name));
  if (host !== undefined) return `its host ${host} is another server in the configuration`;
  if (draft.after === undefined || jobs.has(draft.after)) return undefined;
  return `the job ${draft.after}, which it follows, was not written`;
}

/** Says what is done while it is done, and how it ended. */
class Report {
  readonly #given: ImportOptions;
  readonly #counts = { host: 0, job: 0, unchanged: 0, existing: 0, notTaken: 0, lost: 0 };

  constructor(given: ImportOptions) {
    this.#given = given;
  }

  file(kind: "host" | "job", file: NewFile, draft: PlannedFile, creation: Creation, conflict?: string): void {
    const { dryRun = false } = this.#given;
    if (creation === "written") this.#counts[kind] += 1;
    else if (creation === "unchanged") this.#counts.unchanged += 1;
    else this.#counts.existing += 1;
    const secrets = [...file.secrets.keys()].map((secret) => secretPath(file, secret));
    const { line, file: from } = draft.origin;
    const done = dryRun && creation === "written" ? "would be written" : creation;
    const event = {
      event: "import",
      kind,
      name: file.name,
      file: pathOf(file),
      outcome: done.replaceAll(" ", "-"),
    };
    const why = creation === "exists" ? `: not changed${conflict === undefined ? "" : `; ${conflict}`}` : "";
    this.#tell(
      { ...event, secrets, from: { file: from, line } },
      `${pathOf(file)}: ${done}${why} (${from}:${line})`,
    );
    if (creation === "written")
      for (const secret of secrets)
        this.#tell(
          undefined,
          `${secret}: ${dryRun ? "would be written" : "written"}, readable by its owner only`,
        );
  }

  notTaken(one: {
    readonly file: string;
    readonly line: number;
    readonly what: string;
    readonly because: string;
    readonly isLoss?: boolean;
  }): void {
    this.#counts[one.isLoss === true ? "lost" : "notTaken"] += 1;
    const { file, line, what, because } = one;
    this.#tell(
      { event: "not-taken", file, line, what, because },
      `${file}:${line}: not taken: ${what}: ${because}`,
    );
  }

  end(): number {
    const { host, job, unchanged, existing, notTaken, lost } = this.#counts;
    const isPartial = existing + lost > 0;
    const outcome = isPartial ? "partial" : "succeeded";
    const counts = { hosts: host, jobs: job, unchanged, existing, notTaken: notTaken + lost };
    const verb = this.#given.dryRun === true ? "would be written" : "written";
    this.#tell(
      { event: "summary", outcome, ...counts },
      `${counted(host, "host")} and ${counted(job, "job")} ${verb}, ${unchanged} unchanged, ${existing} existing and left alone, ${counted(notTaken + lost, "thing")} not taken`,
    );
    return isPartial ? EXIT.someFailed : EXIT.done;
  }

  #tell(event: object | undefined, sentence: string): void {
    const { json, quiet } = this.#given;
    if (json === true) {
      if (event !== undefined) process.stdout.write(`${jsonText({ ...event, at: isoTime(Date.now()) })}\n`);
    } else if (quiet !== true) process.stdout.write(`${printable(sentence)}\n`);
  }
}
