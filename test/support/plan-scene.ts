import type { CopyEvent, SummaryEvent } from "../../src/batch/events.ts";
import { applyPlan, type StoredPlan } from "../../src/mirror/apply.ts";
import type { PlanCounts, PlannedAction } from "../../src/mirror/decide/planned.ts";
import type { MirrorRequest } from "../../src/mirror/contract.ts";
import { copyDeps } from "./edges.ts";
import { type Asked, MirrorScene, POLICY, quickClock } from "./mirror-scene.ts";

/** A scene in which a mirror is planned first, and carried out when something may have changed. */
export class PlanScene extends MirrorScene {
  /** What a mirror would do; nothing of it is done. */
  async plan(asked: Asked = {}): Promise<StoredPlan & { readonly list: readonly PlannedAction[] }> {
    const list: PlannedAction[] = [];
    let counts: PlanCounts = { sourceFiles: 0, targetFiles: 0, faults: 0, lateFaults: 0 };
    const plan = {
      note: (action: PlannedAction) => void list.push(JSON.parse(JSON.stringify(action)) as PlannedAction),
      end: (told: PlanCounts) => void (counts = told),
    };
    const before = this.target.operations.length;
    await this.run({ ...asked, dryRun: true, deps: { plan } });
    const changing = this.target.operations.slice(before).filter(({ verb }) => !LOOKS.includes(verb));
    if (changing.length > 0) throw new Error(`a plan changes nothing: ${JSON.stringify(changing)}`);
    return {
      counts,
      list,
      async *actions() {
        yield* list;
      },
    };
  }

  async apply(
    plan: StoredPlan,
    { scan, signal = new AbortController().signal, deps: more, ...asked }: Asked = {},
  ): Promise<{ readonly summary: SummaryEvent; readonly events: readonly CopyEvent[] }> {
    const request: MirrorRequest = {
      source: { place: this.source.place, path: "/", shown: "source:/" },
      target: { place: this.target.place, path: "/", shown: "target:/" },
      scan: { ...POLICY, ...scan },
      onExists: "overwrite",
      ...{ deletes: true, isIndex: () => false, run: "test", renames: false, permissions: false },
      ...{ parallel: 3, retries: 0, dryRun: false },
      transfer: { fxp: "never", verify: "size", resume: "record", preserveTimes: true },
      ...asked,
    };
    const { deps, events } = copyDeps({ clock: quickClock });
    const summary = await applyPlan(plan, request, { ...deps, written: this.written, ...more }, signal);
    return { summary, events };
  }
}

const LOOKS: readonly string[] = ["ready", "facts", "list", "digest"];
