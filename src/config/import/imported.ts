import { ConfigError } from "../../shared/errors.ts";

/** Kinds of files of other programs that can be read. */
export const IMPORT_FORMATS = [
  "filezilla",
  "winscp",
  "rclone",
  "lftp-bookmarks",
  "lftp",
  "netrc",
  "flashfxp",
] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** The most that is read of one file, in bytes; a site manager with ten thousand sites has five million. */
export const MOST_BYTES = 16 * 1024 * 1024;
/** The most servers and jobs that one file may have. */
export const MOST_ENTRIES = 10_000;

/** A file that is not what it was taken for; nothing of it is used. */
export class ImportError extends ConfigError {
  override readonly code: string = "import";
}

/** A server as another program's file describes it. */
export interface ImportedHost {
  /** As it is called there; any text. */
  readonly name: string;
  /** Line of the file on which it begins, 1 … */
  readonly line: number;
  /** In the words of a host file, without secrets. */
  readonly settings: HostKeys;
  readonly password?: string;
  readonly account?: string;
}

/** Keys of a host file, as they are written. */
interface HostKeys {
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly passwordFrom?: { readonly env: string };
  readonly tls?: string | Readonly<Record<string, unknown>>;
  readonly dataOpening?: string;
  readonly charset?: string;
  readonly limits?: { readonly connections: number };
}

/** A path on a server, or on this machine where it has no host. */
export interface ImportedPlace {
  readonly host?: ImportedHost;
  readonly path: string;
}

/** A transfer as another program's file describes it. */
export interface ImportedJob {
  /** Any text; what its file is called follows from it. */
  readonly name: string;
  readonly line: number;
  readonly kind: "copy" | "mirror";
  readonly from: readonly ImportedPlace[];
  readonly to: ImportedPlace;
  /** Other keys of a job file, as they are written. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** The job after whose runs it runs. */
  readonly after?: { readonly job: ImportedJob; readonly on: "always" | "success" };
}

/** Something in the file that is in none of the hosts and jobs, or only in part. */
export interface NotTaken {
  readonly line: number;
  /** By the name that it has there; never a value that may be a secret. */
  readonly what: string;
  readonly because: string;
  /** Whether a whole server or transfer is missing for it that could have been taken otherwise. */
  readonly isLoss?: boolean;
}

export interface Imported {
  readonly hosts: readonly ImportedHost[];
  readonly jobs: readonly ImportedJob[];
  readonly notTaken: readonly NotTaken[];
}

/** What is gathered while a file is read. */
export class Gathering implements Imported {
  readonly hosts: ImportedHost[] = [];
  readonly jobs: ImportedJob[] = [];
  readonly notTaken: NotTaken[] = [];

  /** @throws ImportError for more than anybody has */
  host(host: ImportedHost): ImportedHost {
    if (this.hosts.push(host) > MOST_ENTRIES) throw new ImportError(`more than ${MOST_ENTRIES} servers`);
    return host;
  }

  /** @throws ImportError for more than anybody has */
  job(job: ImportedJob): void {
    if (this.jobs.push(job) > MOST_ENTRIES) throw new ImportError(`more than ${MOST_ENTRIES} jobs`);
  }

  leave(line: number, what: string, because: string, isLoss = false): void {
    this.notTaken.push({ line, what, because, ...(isLoss ? { isLoss } : {}) });
  }
}

/** A port as text; undefined where it says nothing, or no number of a port. */
export function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** The entries that have a value. */
export function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
