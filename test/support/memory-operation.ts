/** What a host is asked to do. */
export type Verb =
  | "ready"
  | "facts"
  | "presence"
  | "list"
  | "makeDirectory"
  | "read"
  | "write"
  | "replace"
  | "move"
  | "remove"
  | "removeDirectory"
  | "makeLink"
  | "setPermissions"
  | "setModified"
  | "digest";

/** `cut`: a listing ends after so many entries, and nobody says so; `broken`: the connection is lost after them. */
export type Fault =
  | { readonly kind: "refused"; readonly code: number; readonly text: string }
  | { readonly kind: "lost" | "gone" }
  | { readonly kind: "cut" | "broken"; readonly keep: number };

export interface Operation {
  readonly verb: Verb;
  readonly path: string;
  /** The other path of a move or replacement. */
  readonly to?: string;
}

/** What a server would have been asked for it. */
export const COMMANDS: Readonly<Record<Verb, string>> = {
  ready: "USER",
  facts: "MLST",
  presence: "MLST",
  list: "MLSD",
  makeDirectory: "MKD",
  read: "RETR",
  write: "STOR",
  replace: "RNTO",
  move: "RNTO",
  remove: "DELE",
  removeDirectory: "RMD",
  makeLink: "SITE",
  setPermissions: "SITE",
  setModified: "MFMT",
  digest: "HASH",
};
