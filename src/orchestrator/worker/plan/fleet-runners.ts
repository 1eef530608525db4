import type { FileEnd, FollowUp } from "../../../batch/follow-up.ts";
import { parentOf } from "../../../ftp/pathname.ts";
import { partOf, type Request } from "../../definitions.ts";
import type { WorkerDeps } from "../../deps.ts";
import { priorityOf, type Run } from "../../runs/run.ts";
import { endsOf, hostKeysOf } from "../ends.ts";
import { STRIDES } from "../queue/queues.ts";
import type { PackedTask } from "../slice/tasks.ts";
import { FleetRunner } from "./fleet-runner.ts";
import type { RunnerOf } from "./retry-files.ts";
import type { RunProgress } from "./run-progress.ts";

/** A generation of a run whose files are to be copied. */
interface FleetOrder {
  readonly run: Run;
  readonly generation: number;
  readonly request: Request;
  readonly progress: RunProgress;
  /** What follows its directories; undefined: nothing does. */
  readonly followUp: FollowUp | undefined;
}

/** Who copies for each of the run's targets. */
export function fleetRunners(
  { kv, store, queues, clock }: WorkerDeps,
  { run, generation, request, progress, followUp }: FleetOrder,
): RunnerOf {
  const stride = STRIDES[priorityOf(run)];
  const sequence = { count: 0, turn: 0 };
  return (part, isLast) => (tally) => {
    progress.watch(tally);
    const of = partOf(request, part);
    const { sources, target } = endsOf(of);
    const ended = (task: PackedTask, how: FileEnd) =>
      followUp?.directories.ended(target.place.at(parentOf(task.t)), how);
    const places = { sources, hosts: hostKeysOf(of), lanes: of.request.parallel };
    const order = { run: run.id, generation, part, ...places, stride, sequence, progress, isLast, ended };
    return new FleetRunner(order, { slices: kv.slices, queues, store, clock }, tally);
  };
}
