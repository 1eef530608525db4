import type { Emit } from "../batch/events.ts";
import type { Tally } from "../batch/tally.ts";
import { joinPath } from "../ftp/pathname.ts";
import type { PlannedAction, PlanSink } from "./decide/planned.ts";
import type { MirrorRequest } from "./contract.ts";

/** What becomes of one path. */
type Decision =
  | PlannedAction
  | { readonly action: "keep"; readonly path: string; readonly because: string }
  | { readonly action: "skip"; readonly path: string; readonly because: string };

/** Says what is done of a mirror, or would be; paths below the roots become locations that people can use. */
export class Reporter {
  readonly #request: Pick<MirrorRequest, "source" | "target">;
  readonly #emit: Emit;
  readonly #tally: Tally;
  readonly #plan: PlanSink | undefined;

  constructor(
    request: Pick<MirrorRequest, "source" | "target">,
    emit: Emit,
    tally: Tally,
    plan: PlanSink | undefined,
  ) {
    this.#request = request;
    this.#emit = emit;
    this.#tally = tally;
    this.#plan = plan;
  }

  say(decision: Decision): void {
    if (decision.action !== "keep" && decision.action !== "skip") this.#plan?.note(decision);
    const { action, path, because } = decision;
    const isOfSource = action === "copy" || action === "keep" || action === "skip";
    this.#emit({
      event: "action",
      action,
      path: isOfSource ? this.source(path) : this.target(path),
      because,
    });
  }

  /** What a dead transfer has left is deleted. It is in no plan: it is nobody's data. */
  clean(path: string, because: string): void {
    this.#emit({ event: "action", action: "clean", path: this.target(path), because });
  }

  /** Something went wrong at the source, or at the target. */
  fault(side: "source" | "target", path: string, because: string): void {
    this.#tally.failedOne();
    this.#emit({ event: "fault", path: side === "source" ? this.source(path) : this.target(path), because });
  }

  source(path: string): string {
    const { place, path: root } = this.#request.source;
    return place.at(joinPath(root, path));
  }

  target(path: string): string {
    const { place, path: root } = this.#request.target;
    return place.at(joinPath(root, path));
  }
}
