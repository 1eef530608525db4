import type { Directories } from "../../../config/load/directories.ts";
import { definitionName, yamlFiles } from "../../../config/load/files.ts";
import { definitionOf } from "../../../orchestrator/definitions.ts";
import { type Installation, openInstallation } from "../../../orchestrator/installation.ts";
import { redisWords } from "../../../orchestrator/kv/faults.ts";
import type { Run } from "../../../orchestrator/runs/run.ts";
import { flyingOf } from "../../../api/views/standing.ts";
import { inFlightViews, runView, transcriptView } from "../../../api/views/views.ts";
import { ControlError } from "../../../orchestrator/runs/control.ts";
import { ConfigError, messageOf } from "../../../shared/errors.ts";
import type { AuditEntry } from "../../../state/audit/audit-row.ts";
import { localUser } from "../../process/local-user.ts";
import { isoTime } from "../../../shared/iso-time.ts";
import { type CommonOptions, directoriesOf } from "../../command-line.ts";
import { EXIT, exitStatusOf, statusOfError } from "../../process/exit.ts";
import { interruptSignal } from "../../process/interrupt.ts";
import { notesOf } from "../../../api/run-notes.ts";
import { jsonText, printable } from "../../../shared/printable.ts";
import { transcriptLines } from "../../output/transcript-lines.ts";
import { logLine, runLine, runLines } from "../../output/run-lines.ts";
import { WATCH_MS, whileAway } from "./while-away.ts";

/** Does something with the installation's Redis, and says what came of it. */
export async function withControl(
  given: CommonOptions,
  act: (installation: Installation) => Promise<number>,
): Promise<number> {
  const complain = (sentence: string) => process.stderr.write(`fxpd: ${printable(sentence)}\n`);
  try {
    const onBadRow = (row: string, because: string) =>
      complain(`warning: ignored an invalid record: ${row}: ${because}`);
    const options = { whenAway: "fail", tell: () => {}, onBadRow, starts: false } as const;
    await using installation = await openInstallation(directoriesOf(given), options);
    return await act(installation);
  } catch (error) {
    complain(redisWords(error) ?? messageOf(error));
    if (error instanceof ControlError) return EXIT.wrongInput;
    const status = statusOfError(error);
    return status === EXIT.someFailed ? EXIT.nothingDone : status;
  }
}

/** Does something that changes what is done, and notes in the audit trail who wanted it and what came of it. */
export async function audited<T>(
  { audit }: Pick<Installation, "audit">,
  what: string,
  on: string | undefined,
  act: () => Promise<T>,
  nameOf: (done: T) => string | undefined = () => undefined,
): Promise<T> {
  const entry = { who: localUser(), from: "command line", what };
  const note = (more: Pick<AuditEntry, "on" | "outcome" | "because">) =>
    audit.append({ ...entry, ...more }).catch((error: unknown) => {
      process.stderr.write(`fxpd: no audit entry for this command: ${printable(messageOf(error))}\n`);
    });
  try {
    const done = await act();
    await note({ on: nameOf(done) ?? on, outcome: "done" });
    return done;
  } catch (error) {
    const isRefused = error instanceof ControlError || error instanceof ConfigError;
    await note({ on, outcome: isRefused ? "refused" : "failed", because: messageOf(error) });
    throw error;
  }
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @param more further fields of its JSON */
function tell(run: Run, { json, quiet }: CommonOptions, more: object = {}): void {
  if (json === true)
    write(jsonText({ event: "run", at: isoTime(Date.now()), ...runView(run), ...run, ...more }));
  else if (quiet !== true) write(runLine(run));
}

interface SubmitOptions extends CommonOptions {
  readonly key?: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
}

/** `fxpd submit JOB` */
export async function submitCommand(name: string, given: SubmitOptions): Promise<number> {
  return withControl(given, async (installation) => {
    const { control } = installation;
    const submit = async () => {
      const { document, rules, name: job } = await definitionOf(name, directoriesOf(given));
      const { key, dryRun = false } = given;
      const keepsTranscripts = wantsTranscripts(given);
      return control.submit({
        ...{ job, document, rules, dryRun, keepsTranscripts },
        ...(key === undefined ? {} : { key }),
      });
    };
    const run = await audited(installation, "submit", name, submit, ({ id }) => id);
    if (given.wait !== true) {
      tell(run, given);
      return EXIT.done;
    }
    return watch(run.id, control, given);
  });
}

/** Until a run has ended. @returns its exit status, as if it had been run here */
async function watch(id: string, control: Installation["control"], given: CommonOptions): Promise<number> {
  const signal = interruptSignal();
  for (;;) {
    const run = await whileAway(`fxpd show ${id} --wait`, signal, () => control.run(id));
    if (run?.state === "ended") {
      tell(run, given);
      return exitStatusOf(run.outcome ?? "failed");
    }
    if (run === undefined || signal.aborted) {
      process.stderr.write(`fxpd: ${id} goes on; to end it: fxpd cancel ${id}\n`);
      return EXIT.interrupted;
    }
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  }
}

interface RunsOptions extends CommonOptions {
  readonly job?: string;
  readonly limit?: string;
}

/** `fxpd runs` */
export async function runsCommand(given: RunsOptions): Promise<number> {
  return withControl(given, async ({ control }) => {
    const limit = Number(given.limit ?? 20);
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw new ConfigError("expected a whole number from 1", "--limit");
    const runs = await control.runs(limit, given.job);
    for (const run of runs) tell(run, given);
    if (runs.length === 0 && given.json !== true && given.quiet !== true)
      process.stderr.write(
        `fxpd: no runs${given.job === undefined ? "" : ` of ${printable(given.job)}`} yet\n`,
      );
    return EXIT.done;
  });
}

/** `fxpd show RUN` */
export async function showCommand(
  id: string,
  given: CommonOptions & { readonly wait?: boolean },
): Promise<number> {
  return withControl(given, async (installation) => {
    const { control } = installation;
    if (given.wait === true) return watch(id, control, given);
    const run = await control.run(id);
    const [notes, causes, flying] = await Promise.all([
      notesOf(run, installation, directoriesOf(given)),
      installation.store.causes.of(run.id),
      flyingOf(run, { installation }),
    ]);
    const { inFlight } = runView(run, flying);
    if (given.json === true)
      tell(run, given, {
        ...(inFlight && { inFlight, filesInFlight: inFlightViews(flying, run) }),
        causes,
        notes,
      });
    else for (const line of runLines(run, installation.clock.now(), { notes, causes, flying })) write(line);
    return EXIT.done;
  });
}

/** `-vv`: the conversation with the servers, too. */
function wantsTranscripts({ verbose = 0, quiet }: CommonOptions): boolean {
  return verbose >= 2 && quiet !== true;
}

/** The commands and replies of both servers for each file of which they were kept. */
async function tellTranscripts(
  id: string,
  { store }: Pick<Installation, "store">,
  { json }: CommonOptions,
): Promise<void> {
  const { files, leftOut } = await store.transcripts.of(id);
  if (json === true) {
    for (const file of files)
      write(jsonText({ event: "transcript", at: isoTime(Date.now()), ...transcriptView(file) }));
    return;
  }
  for (const line of transcriptLines(files, leftOut)) write(line);
}

/** `fxpd logs RUN` */
export async function logsCommand(
  id: string,
  given: CommonOptions & { readonly follow?: boolean },
): Promise<number> {
  return withControl(given, async (installation) => {
    const { control, store } = installation;
    const signal = interruptSignal();
    let after = "0";
    for (;;) {
      const found = async () => ({ run: await control.run(id), entries: await store.logs(id, after) });
      const now =
        given.follow === true ? await whileAway(`fxpd logs -f ${id}`, signal, found) : await found();
      if (now === undefined) return EXIT.interrupted;
      const { run, entries } = now;
      const { state, order } = run;
      for (const { atMs, event } of entries) {
        const at = isoTime(atMs);
        if (given.json === true) write(jsonText({ at, ...event }));
        else write(`${at}  ${logLine(event, order.dryRun)}`);
      }
      after = entries.at(-1)?.id ?? after;
      if (entries.length > 0) continue;
      if (given.follow !== true || state === "ended") {
        if (wantsTranscripts(given)) await tellTranscripts(id, installation, given);
        return EXIT.done;
      }
      if (signal.aborted) return EXIT.interrupted;
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    }
  });
}

/** A run that had not begun is followed by the jobs here; without its own, they are hardly those of the daemon. */
async function warnOfOtherJobs({ order }: Run, { jobs }: Directories): Promise<void> {
  if (order.isForeign === true || order.dryRun) return;
  const files = await yamlFiles(jobs).catch(() => []);
  if (files.some((file) => definitionName(file) === order.job)) return;
  const followers = "if jobs that follow it are in another directory (--jobs), they were not started";
  process.stderr.write(`fxpd: warning: no job ${printable(`${order.job} found in ${jobs}; ${followers}`)}\n`);
}

/** `fxpd cancel RUN`, `fxpd retry RUN` */
export async function orderCommand(
  what: "cancel" | "retry",
  id: string,
  given: CommonOptions,
): Promise<number> {
  return withControl(given, async (installation) => {
    const run = await audited(installation, what, id, () => installation.control[what](id));
    tell(run, given);
    if (what === "cancel" && run.state === "ended") await warnOfOtherJobs(run, directoriesOf(given));
    return EXIT.done;
  });
}

/** `fxpd pause RUN|JOB`, `fxpd resume RUN|JOB` */
export async function pauseCommand(
  what: "pause" | "resume",
  name: string,
  given: CommonOptions,
): Promise<number> {
  return withControl(given, async (installation) => {
    const { control, store } = installation;
    if ((await store.get(name)) !== undefined) {
      tell(await audited(installation, what, name, () => control[what](name)), given);
      return EXIT.done;
    }
    const job = await audited(installation, what, name, async () => {
      const definition = await definitionOf(name, directoriesOf(given));
      await control.pauseJob(definition.name, what === "pause");
      return definition.name;
    });
    if (given.json === true)
      write(jsonText({ event: "job", at: isoTime(Date.now()), job, paused: what === "pause" }));
    else if (given.quiet !== true)
      write(what === "pause" ? `${job}: schedule paused` : `${job}: schedule resumed`);
    return EXIT.done;
  });
}
