import { commonDigest } from "../../ftp/session/digest.ts";
import { foldedName } from "../../ftp/name-kinds.ts";
import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import type { Clock } from "../../shared/clock.ts";
import { messageOf } from "../../shared/errors.ts";
import { RefusedError } from "../errors.ts";
import type { ControlTurn } from "../lane.ts";
import type { Ends } from "../move/relay.ts";
import type { Verified } from "../phases.ts";
import { awayPath, ownNameOf, transferKey } from "../publish/temporary-name.ts";
import type { Retrier } from "../retrier.ts";
import type { FileFacts } from "../sides/side.ts";
import { LinkedDirectories } from "./linked-directories.ts";
import { type Before, judgeProof } from "./proof.ts";
import { freeName } from "../sides/free-name.ts";
import { destinationOf, type SourceAfter, type SourceAfterResult } from "./source-after.ts";

/** What is to be done to the sources of a run. */
export interface SourceOrder {
  readonly after: SourceAfter;
  /** The directories that the sources' patterns begin with. */
  readonly roots: readonly string[];
  /** Whether directories are deleted that files have left, when they are empty. */
  readonly deletesEmpty?: boolean;
}

interface SourceStepDeps {
  readonly retrier: Retrier;
  readonly clock: Clock;
}

/** One file whose source is to go. */
interface Settling {
  readonly ends: Ends;
  /** What was known before the first byte; absent: it was not copied by us, and only digests can prove it. */
  readonly before: Before | undefined;
  /** Whether it is known that no name of the source leads to the target. */
  readonly areApart: boolean;
  /** Asked right before the step. @throws where somebody else may write the target by now */
  readonly requireHeld: () => void;
  /** Told right before the step; what it notes is found after a crash. */
  readonly begin: () => Promise<void>;
  /** Does something while nobody else speaks to either side. */
  readonly speak: <T>(act: () => Promise<T>) => Promise<T>;
}

/**
 * Deletes, renames or moves the sources of a run, each when its copy is proven: both sides are asked once more, right before.
 * What cannot be known is a reason to leave a source where it is.
 */
export class SourceStep {
  readonly #order: SourceOrder;
  readonly #deps: SourceStepDeps;
  readonly #links: LinkedDirectories;
  /** Pairs of directories, the source's and the target's, and whether they are one. */
  readonly #sameDirectory = new Map<string, boolean>();
  /** Names that were given to sources. */
  readonly #taken = new Set<string>();

  constructor(order: SourceOrder, deps: SourceStepDeps) {
    this.#order = order;
    this.#deps = deps;
    this.#links = new LinkedDirectories(order.roots);
  }

  get action(): SourceAfter["action"] {
    return this.#order.after.action;
  }

  /**
   * Whether source and target are two files, as far as their directories tell: while the temporary file is there, it is
   * looked for beside the source. Two names of one server, or a link, may lead to the same directory.
   */
  async areApart({ ends, partial }: Verified, control: ControlTurn, signal: AbortSignal): Promise<boolean> {
    const { source, target } = ends;
    if (partial.target.path === target.path) return false;
    if (foldedName(nameOf(source.path)) !== foldedName(nameOf(target.path))) return true;
    const key = JSON.stringify([
      source.side.locate(parentOf(source.path)),
      target.side.locate(parentOf(target.path)),
    ]);
    const beside = joinPath(parentOf(source.path), nameOf(partial.target.path));
    let isSame = this.#sameDirectory.get(key);
    if (isSame === undefined) {
      isSame = (await control.speak(() => source.side.facts(beside, signal))) !== undefined;
      this.#sameDirectory.set(key, isSame);
    }
    return !isSame;
  }

  /** Does to a source what is to be done. Throws nothing. */
  async settle(file: Settling, signal: AbortSignal): Promise<SourceAfterResult> {
    const { action } = this.#order.after;
    const attempt: Attempt = { to: undefined, hasBegun: false };
    try {
      return await this.#deps.retrier.run(
        () => file.speak(() => this.#attempt(file, attempt, signal)),
        signal,
      );
    } catch (error) {
      await this.#putBack(file, attempt, signal);
      return { action, outcome: "failed", because: messageOf(error) };
    }
  }

  /** A source that could not be deleted gets its own name again, unless another file has it by now. Throws nothing. */
  async #putBack(
    { ends: { source }, speak }: Settling,
    { away, to }: Attempt,
    signal: AbortSignal,
  ): Promise<void> {
    if (away === undefined || to !== undefined) return;
    const own = ownPath(source.path);
    await speak(async () => {
      if ((await source.side.facts(own, signal)) === undefined) await source.side.move(away, own, signal);
    }).catch(() => {});
  }

  async #attempt(file: Settling, attempt: Attempt, signal: AbortSignal): Promise<SourceAfterResult> {
    const { action } = this.#order.after;
    const { source, target } = file.ends;
    const left = (because: string) => ({ action, outcome: "left", because }) as const;
    const [now, stored] = await Promise.all([
      source.side.facts(source.path, signal),
      target.side.facts(target.path, signal),
    ]);
    // The reply to the try before was lost.
    if (now === undefined && attempt.hasBegun && stored !== undefined)
      return this.#finish(file, attempt, signal);
    const linked = await this.#links.because(source.side, source.path, signal);
    if (linked !== undefined) return left(linked);
    const finding = judgeProof(file.before, now, stored);
    if (finding.kind === "doubt") return left(finding.because);
    if (finding.kind === "ask-digests") {
      const doubt = await digestDoubt(file.ends, now?.sizeBytes ?? 0, signal);
      if (doubt !== undefined) return left(`${finding.because}, and ${doubt}`);
    }
    file.requireHeld();
    await file.begin();
    if (file.areApart) return this.#act(source, attempt, signal);
    return this.#actWithCare(file, stored, attempt, signal);
  }

  async #act(
    { side, path }: Ends["source"],
    attempt: Attempt,
    signal: AbortSignal,
  ): Promise<SourceAfterResult> {
    const to = await this.#destination(side, path, attempt, signal);
    attempt.hasBegun = true;
    if (to === undefined) await side.remove(path, signal);
    else await side.move(path, to, signal);
    return this.#done(to);
  }

  /** The source goes to another name first; if the target is then gone, too, they were one file. */
  async #actWithCare(
    { ends: { source, target } }: Settling,
    stored: FileFacts | undefined,
    attempt: Attempt,
    signal: AbortSignal,
  ): Promise<SourceAfterResult> {
    const { side, path } = source;
    const to = await this.#destination(side, path, attempt, signal);
    const away = to ?? awayPath(path, transferKey(side.locate(path)));
    const own = ownPath(path);
    attempt.hasBegun = true;
    attempt.away = away;
    if (away !== path) await side.move(path, away, signal);
    const now = await target.side.facts(target.path, signal).catch(async (error: unknown) => {
      await side.move(away, own, signal);
      throw error;
    });
    if (now === undefined || now.sizeBytes !== stored?.sizeBytes) {
      await side.move(away, own, signal);
      throw new RefusedError(`${side.name}: ${path}: source and target are the same file`);
    }
    if (to === undefined) await side.remove(away, signal);
    return this.#done(to);
  }

  /** What is left to do of a step that was begun; the target has been seen. */
  async #finish(
    { ends: { source } }: Settling,
    attempt: Attempt,
    signal: AbortSignal,
  ): Promise<SourceAfterResult> {
    if (attempt.to === undefined && attempt.away !== undefined)
      await source.side.remove(attempt.away, signal);
    return this.#done(attempt.to);
  }

  /** Where it goes, under a name that nobody has; undefined where it is deleted. */
  async #destination(
    side: Ends["source"]["side"],
    path: string,
    attempt: Attempt,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { after } = this.#order;
    const wanted = destinationOf(after, ownPath(path), this.#links.rootOf(path), this.#deps.clock.now());
    if (wanted === undefined) return undefined;
    if (attempt.to === undefined) {
      if (after.action === "move") await side.makeDirectory(parentOf(wanted), signal);
      attempt.to = await freeName(side, wanted, this.#taken, 0, signal);
      this.#taken.add(attempt.to);
    }
    return attempt.to;
  }

  #done(to: string | undefined): SourceAfterResult {
    const { action } = this.#order.after;
    const because = "the copy is verified, and the source has not changed";
    return { action, outcome: "done", because, ...(to === undefined ? {} : { to }) };
  }
}

/** Where a source was before it was put away, by a run that did not come to its end. */
function ownPath(path: string): string {
  const name = ownNameOf(path);
  return name === undefined ? path : joinPath(parentOf(path), name);
}

/** What one file has come to. */
interface Attempt {
  to: string | undefined;
  hasBegun: boolean;
  /** The name that it has for as long as it takes to look at the target. */
  away?: string;
}

/** Why equal digests, taken now, do not show that the two are one and the same; undefined where they do. */
async function digestDoubt(
  { source, target }: Ends,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const offers = [await source.side.digests(signal), await target.side.digests(signal)] as const;
  const algorithm = commonDigest(...offers);
  if (algorithm === undefined) return "the two sides have no digest in common";
  const [there, here] = await Promise.all([
    source.side.digest(source.path, algorithm, { sizeBytes }, signal),
    target.side.digest(target.path, algorithm, { sizeBytes }, signal),
  ]);
  return there === here ? undefined : `its ${algorithm} differs from the target's`;
}
