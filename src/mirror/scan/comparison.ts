import type { ListedTime } from "../../ftp/listing/entry.ts";
import { asWritten } from "../../ftp/listing/time-zone.ts";
import { joinPath, nameOf } from "../../ftp/pathname.ts";
import { isCancellation } from "../../shared/errors.ts";
import { retryOfError } from "../../transfer/errors.ts";
import type { Role } from "../../transfer/role.ts";
import type { FileFacts, Side } from "../../transfer/sides/side.ts";
import { both } from "./both.ts";
import { type ComparisonContext, judgeFile, type Written } from "../decide/judge.ts";
import { haveSameDigest } from "./listings/look.ts";
import type { PlanStep } from "../decide/plan.ts";
import { SafeguardError } from "../decide/safeguards.ts";
import type { ScanResult, ScanOrder, OpenSides } from "../contract.ts";
import { isExact, isSameTime, type Zone, zoneBetween } from "../decide/times.ts";

type WrittenHere = ReadonlyMap<string, Written>;
type Compare = Extract<PlanStep, { readonly step: "compare" }>;

/** Whether files that both sides have are equal, by what is learned of the sides on the way. */
export class Comparison {
  readonly #order: ScanOrder;
  readonly #zones: Record<Role, Zone> = { source: 0, target: 0 };
  /** Sides whose listings were seen to be in another zone than their host's file says. */
  readonly #measured = new Set<Role>();
  #keepsTimes: boolean | undefined;

  constructor(order: ScanOrder) {
    this.#order = order;
  }

  /** @param written what runs before have written into this directory */
  async of(asked: Compare, written: WrittenHere, sides: OpenSides, signal: AbortSignal): Promise<ScanResult> {
    const { source: here, target: there } = sides;
    const compare = this.#asMeasured(asked);
    if (here === undefined || there === undefined) throw new Error("a comparison needs both sides");
    const keepsTimes = (this.#keepsTimes ??= await there.keepsTimes(signal));
    const judged = (of: Compare, isLooked: boolean) =>
      judgeFile(of.file.facts, of.target, this.#circumstances(of, written, keepsTimes, isLooked));
    let [looked, judgement] = [compare, judged(compare, false)];
    if (judgement.action === "look") {
      looked = await this.#exactly(compare, here, there, signal);
      judgement = judged(looked, true);
    }
    if (judgement.action === "digest") return this.#byDigest(looked, here, there, signal);
    if (judgement.action === "look") throw new Error("compared twice");
    const { file, target } = looked;
    const { because } = judgement;
    return judgement.action === "keep"
      ? { step: "keep", file, because, target }
      : { step: "copy", file, because, target };
  }

  #circumstances(
    { file }: Compare,
    written: WrittenHere,
    keepsTimes: boolean,
    isLooked: boolean,
  ): ComparisonContext {
    const { source: sourceZone, target: targetZone } = this.#zones;
    const { compare } = this.#order.policy;
    return { compare, sourceZone, targetZone, keepsTimes, written: written.get(nameOf(file.path)), isLooked };
  }

  /** Both files as their sides describe them when asked for each by name. */
  async #exactly({ file, target }: Compare, here: Side, there: Side, signal: AbortSignal): Promise<Compare> {
    const [facts, targetFacts] = await both(
      this.#exact("source", here, file.path, file.facts, signal),
      this.#exact("target", there, file.path, target, signal),
    );
    return { step: "compare", file: { ...file, facts }, target: { ...targetFacts, name: target.name } };
  }

  /** Where the listing was exact, nothing is asked. */
  async #exact(
    role: Role,
    side: Side,
    path: string,
    listed: FileFacts,
    signal: AbortSignal,
  ): Promise<FileFacts> {
    if (listed.sizeBytes !== undefined && listed.modified !== undefined && isExact(listed.modified))
      return listed;
    const asked = side.facts(joinPath(this.#order[role].path, path), signal);
    const facts = await unlessRefused(asked, signal);
    if (facts === "refused" || facts?.kind !== "file") return listed;
    this.#learn(role, listed.modified, facts.modified);
    return { ...listed, ...facts };
  }

  #learn(role: Role, listed: ListedTime | undefined, exact: ListedTime | undefined): void {
    if (listed === undefined || exact === undefined) return;
    // What the host's file says counts until a file is seen that it does not fit.
    if (listed.listedMs !== undefined && isSameTime(listed, exact, 0, 0)) return;
    const zone = zoneBetween(asWritten(listed), exact);
    if (zone === undefined) return;
    this.#zones[role] = zone;
    if (listed.listedMs !== undefined) this.#measured.add(role);
  }

  /** Where the zone of the host's file was refuted, times are as they were written. */
  #asMeasured(compare: Compare): Compare {
    const correctedFor = <Facts extends { readonly modified?: ListedTime }>(
      role: Role,
      facts: Facts,
    ): Facts => {
      const { modified } = facts;
      if (!this.#measured.has(role) || modified?.listedMs === undefined) return facts;
      return { ...facts, modified: asWritten(modified) };
    };
    if (this.#measured.size === 0) return compare;
    const { file, target } = compare;
    return {
      ...compare,
      file: { ...file, facts: correctedFor("source", file.facts) },
      target: correctedFor("target", target),
    };
  }

  /** @throws SafeguardError where the sides have no digest in common */
  async #byDigest(
    { file, target }: Compare,
    here: Side,
    there: Side,
    signal: AbortSignal,
  ): Promise<ScanResult> {
    const { source, target: to } = this.#order;
    const ends = [
      { side: here, path: joinPath(source.path, file.path) },
      { side: there, path: joinPath(to.path, file.path) },
    ] as const;
    const compared = haveSameDigest(...ends, file.facts.sizeBytes ?? 0, signal);
    const same = await unlessRefused(compared, signal);
    if (same === "refused")
      return { step: "copy", file, because: "the digest is not known on both sides", target };
    if (same === undefined) {
      const because = `${here.name} → ${there.name}: cannot compare by digest: the two sides have no digest in common`;
      throw new SafeguardError(because);
    }
    const { isSame, algorithm } = same;
    if (isSame) return { step: "keep", file, because: `equal in size and ${algorithm}`, target };
    return { step: "copy", file, because: `${algorithm} differs`, target };
  }
}

/** A refusal about one file leaves its directory known; a lost connection does not. */
async function unlessRefused<T>(asking: Promise<T>, signal: AbortSignal): Promise<T | "refused"> {
  try {
    return await asking;
  } catch (error) {
    signal.throwIfAborted();
    if (isCancellation(error) || retryOfError(error) === "new-connection") throw error;
    return "refused";
  }
}
