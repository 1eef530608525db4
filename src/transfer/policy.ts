import type { Digest } from "../ftp/session/digest.ts";
import type { ResumePolicy } from "./prove/resume.ts";
import type { FileFacts } from "./sides/side.ts";
import type { FxpPolicy } from "./move/order.ts";
import type { SourceAfterResult } from "./source-after/source-after.ts";
import type { DataPath } from "./move/data-path.ts";

/**
 * `size`: equal at both ends, asked after the last byte; `digest`: that, and equal digests where both sides
 * have one in common; `require-digest`: no file without; `off`: both final replies are believed.
 */
export type VerifyPolicy = "size" | "digest" | "require-digest" | "off";

/**
 * Whether bytes may go to the final name at once: `never`; `when-needed`: where the server refuses to rename; `always`.
 */
export type InPlacePolicy = "never" | "when-needed" | "always";

export interface TransferPolicy {
  readonly fxp: FxpPolicy;
  readonly verify: VerifyPolicy;
  readonly resume: ResumePolicy;
  /** Whether the target gets the source's modification time. */
  readonly preserveTimes: boolean;
  /** Absent: as the target's host file has it, else `when-needed`. */
  readonly inPlace?: InPlacePolicy | undefined;
  /** Connections that a large file which passes us is copied on at once, 1 …; `auto`: as many as add to the rate; absent: one. */
  readonly segments?: number | "auto" | undefined;
  /** Whether files are texts whose line ends each side has in its own way; sizes and digests prove nothing then. */
  readonly isText?: boolean;
}

/** How a file came to its target. */
export interface Moved extends DataPath {
  /** Bytes that were moved: those of the file without those that were there already. */
  readonly bytes: number;
  /** Bytes that an earlier try had left, and that were not moved again. */
  readonly resumedFrom: number;
  readonly digest: Digest | null;
  /** Whether the bytes went to the final name at once. */
  readonly inPlace?: true;
  /** Why this way, and from there. */
  readonly because: string;
  /** What is at the source and at the target now, as far as it was asked for. */
  readonly sent?: FileFacts | undefined;
  readonly stored?: FileFacts | undefined;
  /** How a limit of the rate was kept; absent: there was none. */
  readonly limitedBy?: "pacing" | "admission" | undefined;
  /** What became of the source; absent: nothing was to. */
  readonly sourceAfter?: SourceAfterResult | undefined;
}
