import type { Gathering, ImportedHost } from "../imported.ts";
import type { Site } from "./site.ts";
import type { ScriptText } from "./words.ts";

/** What a script is read with, and where it begins. */
export interface ScriptContext {
  readonly found: Gathering;
  /** Sites by the names of bookmarks. */
  readonly bookmarks: ReadonlyMap<string, Site>;
  /** The home directory of whoever ran it. */
  readonly home: string;
  /** The working directory; undefined: not known. */
  readonly directory?: string;
  /** Servers of this file so far, by all their settings. */
  readonly known: Map<string, ImportedHost>;
  /** The script of `source FILE` and `lftp -f FILE`; undefined where it cannot be read. */
  readonly script: (path: string) => ScriptText | undefined;
  /** Of the shell that runs lftp, as far as they are known. */
  readonly variables?: ReadonlyMap<string, string>;
  /** Added to the first job; the others follow it. */
  readonly schedule?: Readonly<Record<string, unknown>>;
}
