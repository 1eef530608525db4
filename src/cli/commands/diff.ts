import { mirrorRequestOf } from "../../wiring/requests.ts";
import { gatherRules } from "../../config/load/rules.ts";
import { diff } from "../../mirror/diff.ts";
import type { DiffEvent, DiffSummaryEvent } from "../../mirror/decide/difference.ts";
import { noWritten } from "../../mirror/carry/written.ts";
import { systemClock } from "../../shared/clock.ts";
import { ownStateDirectory } from "../../state/directory.ts";
import { fileMemory } from "../../state/memory.ts";
import { fileWritten } from "../../state/written.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { outputOf } from "../output/chosen-output.ts";
import { EXIT, statusOfError } from "../process/exit.ts";
import { interruptSignal } from "../process/interrupt.ts";
import type { DisplayFlags } from "../output/flags.ts";
import type { DiffFlags } from "../output/mirror-line.ts";
import type { Output } from "../output/output.ts";
import { keyOf, mirrorOptionsOf } from "../run/run-mirror.ts";
import { errorSentence, truthful } from "../process/unexpected.ts";

/** `fxpd diff SOURCE TARGET` */
export async function diffCommand(
  source: string,
  target: string,
  given: CommonOptions & DiffFlags & Pick<DisplayFlags, "logFile">,
): Promise<number> {
  const output = outputOf(given, `diff ${source} ${target}`);
  const signal = interruptSignal();
  try {
    output.open?.();
    return statusOf(await compare(source, target, given, output, signal));
  } catch (error) {
    const because = signal.aborted ? "interrupted" : errorSentence(error);
    const outcome = signal.aborted ? "cancelled" : "failed";
    output.event(truthful({ event: "summary" as const, outcome, paths: NONE, seconds: 0, because }));
    output.fault(because);
    return statusOfFailure(error, signal);
  } finally {
    output.end();
  }
}

async function compare(
  source: string,
  target: string,
  given: CommonOptions & DiffFlags,
  output: Output,
  signal: AbortSignal,
): Promise<DiffSummaryEvent> {
  const options = { ...mirrorOptionsOf(given), rules: await gatherRules(given) };
  const order = { source, target, options, dryRun: true, directories: directoriesOf(given) };
  const request = await mirrorRequestOf(order, output);
  // What cannot be remembered is compared by size.
  const written = await fileWritten(ownStateDirectory(process.env), keyOf(request)).catch(() => noWritten);
  const { json, verbose = 0 } = given;
  const emit = (event: DiffEvent) => {
    const isLeftOut = event.event === "action";
    if (!isLeftOut || json === true || verbose > 0)
      output.event(event.event === "summary" ? truthful(event) : event);
  };
  const memory = fileMemory(ownStateDirectory(process.env));
  return diff(request, { clock: systemClock, chance: Math.random, written, memory, emit }, signal);
}

const NONE = { equal: 0, onlySource: 0, onlyTarget: 0, different: 0, unknown: 0, skipped: 0 };

function statusOf({ outcome, paths }: DiffSummaryEvent): number {
  if (outcome === "cancelled") return EXIT.interrupted;
  const { onlySource, onlyTarget, different, unknown } = paths;
  return onlySource + onlyTarget + different + unknown === 0 ? EXIT.done : EXIT.someFailed;
}

/** Where nothing could be compared, that is no difference. */
function statusOfFailure(error: unknown, signal: AbortSignal): number {
  if (signal.aborted) return EXIT.interrupted;
  const status = statusOfError(error);
  // A comparison changes nothing that a safeguard could refuse: it could not be made.
  return status === EXIT.someFailed || status === EXIT.refused ? EXIT.nothingDone : status;
}
