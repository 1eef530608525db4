import { z } from "zod";
import { CopyOptions } from "../../config/schema/options.ts";
import { targetOf } from "../../wiring/places.ts";
import { joinPath, refusalOfName } from "../../ftp/pathname.ts";
import { restore, type RestoreRequest } from "../../mirror/restore.ts";
import { trashFolders } from "../../mirror/carry/trashed.ts";
import { Retrier } from "../../transfer/retrier.ts";
import { systemClock } from "../../shared/clock.ts";
import { ConfigError, messageOf } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { chosen } from "../chosen.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { outputOf } from "../output/chosen-output.ts";
import { concluded } from "../output/conclude.ts";
import type { DisplayFlags } from "../output/flags.ts";
import { EXIT, statusOfError } from "../process/exit.ts";
import { interruptSignal } from "../process/interrupt.ts";
import type { Output } from "../output/output.ts";
import { about, jsonText, printable } from "../../shared/printable.ts";

/** What the command line says of a restore. */
export interface RestoreFlags extends CommonOptions, DisplayFlags {
  readonly trash: string;
  readonly run?: string;
  readonly list?: boolean;
  readonly parallel?: string;
  readonly retries?: string;
  readonly tls?: string;
  readonly timeout?: string;
  readonly dryRun?: boolean;
}

/** `fxpd restore TARGET [PATH...]` */
export async function restoreCommand(
  target: string,
  paths: readonly string[],
  given: RestoreFlags,
): Promise<number> {
  const output = outputOf(given, ["restore", target, ...paths].join(" "));
  if (given.list === true) return list(target, paths, given, output);
  return concluded(output, async (_, signal) => {
    const request = await requestOf(target, paths, given, output);
    return restore(request, { clock: systemClock, chance: Math.random, emit: output.event }, signal);
  });
}

async function requestOf(
  target: string,
  paths: readonly string[],
  given: RestoreFlags,
  output: Output,
): Promise<RestoreRequest> {
  const { tls, timeout, parallel, retries } = chosen(Options, given, {});
  const deps = { clock: systemClock, transcript: output.transcript };
  const context = { directories: directoriesOf(given), overrides: { tls, timeout }, deps };
  const root = await targetOf(target, context, { trash: given.trash });
  return {
    target: root,
    trash: joinPath(root.path, given.trash),
    ...(given.run === undefined ? {} : { run: given.run }),
    paths: paths.map(parsePath),
    parallel,
    retries,
    dryRun: given.dryRun === true,
  };
}

const { tls, timeout, parallel, retries } = CopyOptions.shape;
const Options = z.strictObject({ tls, timeout, parallel, retries });

/** @throws ConfigError */
function parsePath(text: string): string {
  const path = text.replace(/^\.\//, "").replace(/\/$/, "");
  const isFaulty = path.split("/").some((name) => refusalOfName(name) !== undefined);
  if (!isFaulty) return path;
  throw new ConfigError(`"${text}" is not a path below the target directory; expected for example pub/a.iso`);
}

async function list(
  target: string,
  paths: readonly string[],
  given: RestoreFlags,
  output: Output,
): Promise<number> {
  const signal = interruptSignal();
  try {
    const request = await requestOf(target, paths, given, output);
    const retrier = new Retrier(request, { clock: systemClock, chance: Math.random });
    const folders = await trashFolders(request, retrier, signal);
    for (const folder of folders) show(given, { event: "folder", folder }, folder);
    if (folders.length === 0) sayNone(request, given);
    show(given, { event: "summary", outcome: "succeeded", folders: folders.length });
    return EXIT.done;
  } catch (error) {
    output.fault(signal.aborted ? "interrupted" : messageOf(error));
    return signal.aborted ? EXIT.interrupted : statusOfError(error);
  } finally {
    output.end();
  }
}

/** An empty list looks like a command that did nothing. */
function sayNone({ target, trash, paths }: RestoreRequest, { json, quiet }: RestoreFlags): void {
  if (json === true || quiet === true) return;
  const where = target.place.at(trash);
  const because =
    paths.length === 0 ? "no run has moved files to this directory" : "no run has moved that here";
  process.stderr.write(`fxpd: ${printable(about(where, because))}\n`);
}

/** @param line what a person sees of it; absent: nothing */
function show({ json }: RestoreFlags, event: object, line?: string): void {
  if (json === true) process.stdout.write(`${jsonText({ ...event, at: isoTime(Date.now()) })}\n`);
  else if (line !== undefined) process.stdout.write(`${printable(line)}\n`);
}
