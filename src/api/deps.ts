import type { Directories } from "../config/load/directories.ts";
import type { Installation } from "../orchestrator/installation.ts";
import type { Logger } from "../shared/logger.ts";
import type { AccessToken } from "./access/auth.ts";
import type { DefinitionCache } from "./definitions.ts";
import type { Examiner } from "./examiner.ts";
import type { Page } from "./page.ts";
import type { EventStreams } from "./event-stream.ts";
import type { WrongTokens } from "./access/wrong-tokens.ts";
import type { Standing } from "./views/standing.ts";

/** What of the daemon runs in this process, and whether it does. */
export type Parts = ReadonlyMap<string, { readonly isRunning: boolean }>;

/** What answers are made of. */
export interface ApiDeps {
  /** Its commands fail while Redis is away. */
  readonly installation: Pick<
    Installation,
    "kv" | "store" | "queues" | "control" | "history" | "links" | "clock" | "audit"
  >;
  readonly directories: Directories;
  readonly definitions: Pick<DefinitionCache, "all" | "named" | "fresh" | "reread">;
  readonly standing: () => Promise<Standing>;
  readonly streams: EventStreams;
  readonly examiner: Pick<Examiner, "begin">;
  readonly parts: Parts;
  readonly tokens: readonly AccessToken[];
  readonly wrongTokens: Pick<WrongTokens, "requirePatience" | "wait">;
  /** Whether requests may name servers by URL: addresses of those that they may, or any. */
  readonly allowUrls: boolean | readonly string[];
  /** The address that is listened on. */
  readonly address: string;
  readonly log: Logger;
  /** Figures of this process, in the text format of Prometheus. */
  readonly ofProcess: () => Promise<string>;
  readonly version: string;
  /** Files of the page, by their paths. */
  readonly page: Page;
  /** When this process began to answer, milliseconds since 1970. */
  readonly startedMs: number;
  /** Jobs whose status anybody may read; names with `*`. */
  readonly publicJobs: readonly string[];
}
