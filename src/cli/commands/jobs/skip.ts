import { definitionOf } from "../../../orchestrator/definitions.ts";
import { jsonText, printable } from "../../../shared/printable.ts";
import { parseInstant, skipDue } from "../../../orchestrator/scheduler/skip.ts";
import { ConfigError } from "../../../shared/errors.ts";
import { isoTime } from "../../../shared/iso-time.ts";
import { type CommonOptions, directoriesOf } from "../../command-line.ts";
import { EXIT } from "../../process/exit.ts";
import { audited, withControl } from "./runs.ts";

/** `fxpd skip JOB [DUE]`: a due time gives no run; with `--undo` it does again. */
export async function skipCommand(
  name: string,
  due: string | undefined,
  given: CommonOptions & { readonly undo?: boolean },
): Promise<number> {
  return withControl(given, async (installation) => {
    const { kv, clock } = installation;
    const [nowMs, undo] = [clock.now(), given.undo === true];
    const skip = async () => {
      const { name: job, job: file } = await definitionOf(name, directoriesOf(given));
      const asked = due === undefined ? undefined : instantIn(due);
      const order = { job, schedule: file.schedule, dueMs: asked, undo };
      return { job, shown: isoTime(await skipDue(order, kv.skips, nowMs)) };
    };
    const what = undo ? "unskip" : "skip";
    const { job, shown } = await audited(
      installation,
      what,
      name,
      skip,
      (done) => `${done.job} ${done.shown}`,
    );
    if (given.json === true)
      process.stdout.write(
        `${jsonText({ event: "due", at: isoTime(nowMs), job, due: shown, skipped: !undo })}\n`,
      );
    else if (given.quiet !== true)
      process.stdout.write(
        `${printable(job)}: the run due at ${shown} will ${undo ? "take place" : "be skipped"}\n`,
      );
    return EXIT.done;
  });
}

function instantIn(text: string): number {
  const ms = parseInstant(text);
  if (ms === undefined)
    throw new ConfigError(`"${text}" is not a time; expected for example 2026-12-24T02:15:00Z`);
  return ms;
}
