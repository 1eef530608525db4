import { rootOfSource, type CopySource } from "../copy/plan.ts";
import { ConfigError } from "../shared/errors.ts";
import type { SourceOrder } from "../transfer/source-after/source-step.ts";
import type { CopyOptions } from "../config/schema/options.ts";

/**
 * What becomes of the sources; undefined: they stay.
 * @throws ConfigError where nothing could be proven
 */
export function sourceOrderOf(
  { sourceAfter: after, deleteEmptySourceDirs: deletesEmpty, verify }: CopyOptions,
  sources: readonly CopySource[],
): SourceOrder | undefined {
  if (deletesEmpty && (after === undefined || after.action === "rename"))
    throw new ConfigError(
      "needs --source-after delete or move: other files stay where they are",
      "--delete-empty-source-dirs",
    );
  if (after === undefined) return undefined;
  if (verify === "off")
    throw new ConfigError(
      "cannot be combined with --verify off: the source is changed only after its copy is verified",
      "--source-after",
    );
  return { after, roots: sources.map(rootOfSource), deletesEmpty };
}
