import { jsonText } from "../../shared/printable.ts";
import { systemClock } from "../../shared/clock.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { ownStateDirectory } from "../../state/directory.ts";
import { fileMemory } from "../../state/memory.ts";
import { type Memory, shortMemory } from "../../transfer/memory.ts";
import { keepWaysIn } from "../../transfer/sides/kept-ways.ts";
import {
  examine,
  type Examined,
  type ExaminationListener,
  type MethodsVerdict,
} from "../../wiring/examination.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { outputOf } from "../output/chosen-output.ts";
import { DoctorReport } from "../output/doctor-report.ts";
import { EXIT, statusOfError } from "../process/exit.ts";
import { interruptSignal } from "../process/interrupt.ts";

/** `fxpd doctor SOURCE TARGET` */
export async function doctorCommand(
  source: string,
  target: string,
  given: CommonOptions & { readonly file?: string },
): Promise<number> {
  // As for programs: faults and the transcript, and no live lines, which show files in flight.
  const output = outputOf({ ...given, json: true });
  const signal = interruptSignal();
  const show = showerOf(given);
  const deps = { clock: systemClock, transcript: output.transcript };
  const context = { directories: directoriesOf(given), overrides: {}, deps };
  const order = { source, target, file: given.file, context, memory: keptMemory(), clock: systemClock };
  const { verdict, error } = await examine(order, show, signal);
  show.end(verdict);
  if (verdict.because !== undefined) output.fault(verdict.because);
  for (const path of verdict.left) output.fault(`${path} could not be removed`);
  output.end();
  if (error !== undefined) return signal.aborted ? EXIT.interrupted : statusOfError(error);
  return verdict.works.length > 0 ? EXIT.done : EXIT.someFailed;
}

/** What transfers remember; where nothing can be kept, it was shown all the same. */
function keptMemory(): Memory {
  try {
    const memory = fileMemory(ownStateDirectory(process.env));
    keepWaysIn(memory, systemClock);
    return memory;
  } catch {
    return shortMemory();
  }
}

type Shower = ExaminationListener & { end(verdict: MethodsVerdict): void };

function showerOf({ json, quiet }: CommonOptions): Shower {
  if (json === true) return JSON_LINES;
  const write = (text: string) => void (quiet !== true && process.stdout.write(text));
  const report = new DoctorReport(write, process.stdout.columns);
  let names = { source: "", target: "" };
  const title = ({ name, software }: Examined) => `${name} (${software})`;
  return {
    begin: (source, target) => {
      names = { source: source.name, target: target.name };
      report.begin(title(source), title(target));
    },
    method: (diagnosis) => report.method(diagnosis, names),
    end: (verdict) => report.end(verdict),
  };
}

const JSON_LINES: Shower = {
  begin: () => {},
  method: (diagnosis) => writeLine({ event: "method", at: isoTime(Date.now()), ...diagnosis }),
  end: (verdict) => writeLine({ event: "summary", at: isoTime(Date.now()), ...verdict }),
};

function writeLine(value: object): void {
  process.stdout.write(`${jsonText(value)}\n`);
}
