import { connectedOne, forEachAt } from "../../batch/connected.ts";
import type { Pool } from "../../batch/pool.ts";
import type { NameQuery, Presence } from "../../ftp/session/names/presence.ts";
import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import { isCancellation, messageOf } from "../../shared/errors.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { listWhole } from "../scan/listings/look.ts";
import {
  judgeListings,
  judgePresence,
  type Missing,
  type NamesListed,
  questionsFor,
  type Replacements,
} from "../decide/absence.ts";
import type { MirrorRequest } from "../contract.ts";

/** Questions in one write. */
const AT_ONCE = 50;

/** What the source is asked by, and how many connections may ask. */
export interface AbsenceSource {
  readonly request: Pick<MirrorRequest, "source" | "parallel">;
  readonly pool: Pool;
}

/**
 * Asks the source for each of these names, since a listing that lacks one may have been cut. A directory that is not
 * there stands for all that is below it.
 * @returns what may not be deleted, and why: the path itself and all below it
 */
export async function unproven(
  missing: readonly Missing[],
  replacements: Replacements,
  source: AbsenceSource,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const held = new Map<string, string>();
  const inListings: NameQuery[] = [];
  const answered = (asked: NameQuery, presence: Presence) => {
    const verdict = judgePresence(asked, presence, replacements);
    if (verdict === "ask-listings") inListings.push(asked);
    else if (verdict !== "proven") held.set(asked.path, verdict.because);
  };
  await ask(questionsFor(missing), source, answered, signal);
  for (const [path, because] of await notInListings(inListings, source, signal)) held.set(path, because);
  return held;
}

async function ask(
  questions: readonly NameQuery[],
  { request: { source, parallel }, pool }: AbsenceSource,
  answered: (asked: NameQuery, presence: Presence) => void,
  signal: AbortSignal,
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(questions.length / AT_ONCE) }, (_, index) =>
    questions.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );
  const askBatch = async (side: Side, batch: readonly NameQuery[]) => {
    const at = batch.map(({ path, kind }) => ({ path: joinPath(source.path, path), kind }));
    const answers = await twice(side, () => side.presence(at, signal), signal);
    for (const [index, asked] of batch.entries()) answered(asked, answers[index] ?? NO_ANSWER);
  };
  const failed = (batch: readonly NameQuery[], because: string) => {
    for (const asked of batch) answered(asked, { kind: "unknown", because, isUnanswerable: false });
  };
  await forEachAt({ items: batches, place: source.place, pool, parallel, act: askBatch, failed }, signal);
}

const NO_ANSWER: Presence = { kind: "unknown", because: "no answer", isUnanswerable: false };

/** Once more, on a new connection if need be: what changes nothing may be asked again. */
async function twice<T>(side: Side, act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isCancellation(error)) throw error;
    await side.ready(signal);
    return act();
  }
}

/** Looks for names that no question answers in two listings of their directories, taken on two connections. */
async function notInListings(
  asked: readonly NameQuery[],
  { request: { source }, pool }: AbsenceSource,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const held = new Map<string, string>();
  if (asked.length === 0) return held;
  await using lent = await connectedOne(pool, source.place, signal);
  const directories = [...new Set(asked.map(({ path }) => parentOf(path)))];
  const list = async () => {
    const found = new Map<string, NamesListed | string>();
    for (const one of directories)
      found.set(one, await namesIn(lent.side, joinPath(source.path, one), signal));
    return found;
  };
  const first = await list();
  // The next one is another connection.
  await lent.side.close();
  const second = await list();
  for (const { path } of asked) {
    const [one, two] = [first.get(parentOf(path)), second.get(parentOf(path))];
    const verdict =
      typeof one === "object" && typeof two === "object"
        ? judgeListings(nameOf(path), one, two)
        : { because: `not deleted: the source could not confirm that it is gone: ${whyNot(one, two)}` };
    if (verdict !== "proven" && verdict !== "ask-listings") held.set(path, verdict.because);
  }
  return held;
}

function whyNot(...listed: readonly (NamesListed | string | undefined)[]): string {
  return listed.find((one) => typeof one === "string") ?? "its directory was not listed";
}

/** @returns why it cannot be known, where that is so */
async function namesIn(side: Side, directory: string, signal: AbortSignal): Promise<NamesListed | string> {
  try {
    const { entries, isWhole, isDoubtful } = await twice(
      side,
      () => listWhole(side, directory, signal),
      signal,
    );
    return { names: new Set(entries.map(({ name }) => name)), isWhole: isWhole === true && !isDoubtful };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return messageOf(error);
  }
}
