import { connectedPair, forEachAt } from "../../batch/connected.ts";
import type { ExistsVerdict } from "../../batch/on-exists.ts";
import type { Pair } from "../../batch/pool.ts";
import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import type { Role } from "../../transfer/role.ts";
import type { FileFacts, Side } from "../../transfer/sides/side.ts";
import { both } from "../scan/both.ts";
import { changeSince, standing } from "../decide/changed.ts";
import type { Confirm, LinkToMake } from "./closing.ts";
import type { Extra } from "../decide/extras.ts";
import { judgeFile } from "../decide/judge.ts";
import type { PlannedOf } from "../decide/planned.ts";
import type { MirrorContext } from "../context.ts";
import { SafeguardError } from "../decide/safeguards.ts";
import { type LinkedFacts, factsFromJson, type FactsJson } from "../decide/facts-json.ts";

/** Looks whether both sides are still as they were when something was planned. */
export class PlanPreconditions {
  readonly #run: MirrorContext;

  constructor(run: MirrorContext) {
    this.#run = run;
  }

  /** What becomes of a planned copy now. */
  readonly copy = async (
    { path, because, source, target }: PlannedOf<"copy">,
    sides: Pick<Pair, "source" | "target">,
    signal: AbortSignal,
  ): Promise<ExistsVerdict> => {
    const [here, there] = await both(
      sides.source.facts(this.#at("source", path), signal),
      standing(sides.target, this.#at("target", path), target?.kind, signal),
    );
    const gone = changeSince(factsFromJson(source), here);
    if (gone !== undefined) return { action: "fail", because: changed("source", gone) };
    const change = changeSince(linkedFactsOf(target), there);
    if (change === undefined) return { action: "copy", because };
    const isDone = here !== undefined && there !== undefined && (await this.#isDone(path, here, there));
    if (!isDone) return { action: "fail", because: changed("target", change) };
    this.#run.progress.arrived.add(this.#run.reporter.target(path));
    return { action: "keep", because: "already copied by this plan" };
  };

  /** Whether a file was copied by a run before, which did not come to its end. */
  async #isDone(path: string, here: FileFacts, there: FileFacts): Promise<boolean> {
    const written = (await this.#run.deps.written.recall(parentOf(path))).get(nameOf(path));
    const known = { compare: "size+time", sourceZone: 0, targetZone: 0, keepsTimes: true } as const;
    return judgeFile(here, there, { ...known, written, isLooked: true }).action === "keep";
  }

  /** Whether a file that is to be renamed has its old name still. @throws SafeguardError where nothing is as it was */
  async rename({ path, from, source, target }: PlannedOf<"rename">, signal: AbortSignal): Promise<boolean> {
    const { request, pool } = this.#run;
    await using pair = await connectedPair(pool, request.source.place, request.target.place, signal);
    const factsAt = (side: Side, at: string) => this.#run.retrier.run(() => side.facts(at, signal), signal);
    const here = await factsAt(pair.source, this.#at("source", path));
    requireSame("source", changeSince(factsFromJson(source), here));
    const [old, now] = [this.#at("target", from), this.#at("target", path)];
    const [was, is] = [await factsAt(pair.target, old), await factsAt(pair.target, now)];
    if (was === undefined && changeSince(factsFromJson(target), is) === undefined) return false;
    requireSame("target", changeSince(factsFromJson(target), was) ?? changeSince(undefined, is));
    return true;
  }

  /**
   * Whether something that is to be deleted is there. @throws SafeguardError where it is another one
   * @param replaced where a directory is to come instead; one that is there came by a run before
   */
  deletion(replaced: ReadonlySet<string>): Confirm<Extra> {
    return async (side, { path, facts }, signal) => {
      const now = await this.#standing(side, this.#at("target", path), facts.kind, signal);
      if (now === undefined || (now.kind === "directory" && replaced.has(path))) return false;
      requireSame("target", changeSince(facts, now));
      return true;
    };
  }

  /** Whether a directory that is to be deleted is there. */
  readonly emptied: Confirm<{ readonly path: string }> = async (side, { path }, signal) => {
    const at = this.#at("target", path);
    const facts = await this.#run.retrier.run(() => side.facts(at, signal), signal);
    return facts?.kind === "directory";
  };

  /** Whether a directory is still to be made. @throws SafeguardError where something else is there */
  async directory(side: Side, path: string, signal: AbortSignal): Promise<boolean> {
    const at = this.#at("target", path);
    const leads = await this.#run.retrier.run(() => side.facts(at, signal), signal);
    // A link to a directory would lead all that comes into it elsewhere.
    const now = leads?.kind === "directory" ? await this.#standing(side, at, "link", signal) : leads;
    if (now?.kind === "directory") return false;
    requireSame("target", changeSince(undefined, now));
    return true;
  }

  /** Whether a link is still to be made. @param targets what was at the target, by path */
  link(targets: ReadonlyMap<string, FactsJson | null>): Confirm<LinkToMake> {
    return async (side, { path, to }, signal) => {
      const now = await this.#standing(side, this.#at("target", path), "link", signal);
      if (now?.kind === "link" && now.linkTarget === to) return false;
      requireSame("target", changeSince(linkedFactsOf(targets.get(path) ?? null), now));
      return true;
    };
  }

  /** Those of these directories and links that the source has still; the others are faults. */
  async atSource<T extends PlannedOf<"make-directory" | "link">>(
    planned: readonly T[],
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    const { request, pool, reporter } = this.#run;
    const { source, parallel } = request;
    const lost = new Set<T>();
    const look = async (side: Side, one: T) => {
      const meant: LinkedFacts =
        one.action === "link" ? { kind: "link", linkTarget: one.to } : { kind: "directory" };
      const now = await this.#standing(side, this.#at("source", one.path), meant.kind, signal);
      requireSame("source", changeSince(meant, now));
    };
    const failed = (one: T, because: string) => {
      lost.add(one);
      reporter.fault("source", one.path, because);
    };
    await forEachAt({ items: planned, place: source.place, pool, parallel, act: look, failed }, signal);
    return planned.filter((one) => !lost.has(one));
  }

  #standing(side: Side, path: string, meant: LinkedFacts["kind"], signal: AbortSignal) {
    return this.#run.retrier.run(() => standing(side, path, meant, signal), signal);
  }

  #at(role: Role, path: string): string {
    return joinPath(this.#run.request[role].path, path);
  }
}

function linkedFactsOf(json: FactsJson | null): LinkedFacts | undefined {
  return json === null ? undefined : factsFromJson(json);
}

function changed(role: Role, change: string): string {
  return `the ${role} has changed since the plan was made: ${change}`;
}

/** @throws SafeguardError where there is a change */
function requireSame(role: Role, change: string | undefined): void {
  if (change !== undefined) throw new SafeguardError(changed(role, change));
}
