import { alsoTelling, type Journal, noJournal } from "../../../batch/journal.ts";
import { memoryOf } from "../../../mirror/carry/written.ts";
import type { Request } from "../../definitions.ts";
import type { Stores } from "../../kv/stores/stores.ts";
import type { Run } from "../../runs/run.ts";
import { writtenKey } from "../ends.ts";

/**
 * A mirror that is begun anew compares; what is copied or tried again has only what was noted.
 * @param targets pathnames of a slice's files there
 */
export async function sliceJournal(
  kv: Stores,
  run: Run,
  request: Request,
  targets: readonly string[],
): Promise<Journal> {
  const { kind, request: orders } = request;
  const isPlanned = kind === "mirror" && run.order.retryOf === undefined;
  const own = isPlanned ? noJournal : await kv.journal(run.id, targets);
  if (kind === "copy") return own;
  const written = kv.written(writtenKey(run.order.job, request));
  const memory = memoryOf(written, orders.target.path);
  return alsoTelling(own, { ...memory, close: () => written.settled() });
}
