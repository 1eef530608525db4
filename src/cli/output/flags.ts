/** Options that every command has. */
export interface CommonOptions {
  readonly config?: string;
  readonly jobs?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: number;
  readonly color?: string;
}

/** Options that say how a run is shown, of commands that move or delete files. */
export interface DisplayFlags {
  readonly stats?: string;
  readonly oneLine?: boolean;
  readonly logFile?: string;
  readonly interactive?: boolean;
}

/** What the command line says of a list of names. */
export interface ListFlags {
  readonly filesFrom?: string;
  readonly from0?: boolean;
  readonly failedTo?: string;
}
