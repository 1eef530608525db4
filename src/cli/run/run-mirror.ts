import { setFlagsFromString } from "node:v8";
import { MirrorOptions } from "../../config/schema/mirror-options.ts";
import {
  type MirrorOrder,
  mirrorRequestOf,
  type TargetsOrder,
  targetsRequestOf,
} from "../../wiring/requests.ts";
import type { SummaryEvent } from "../../batch/events.ts";
import { OwnPool } from "../../batch/pool.ts";
import { mirror } from "../../mirror/mirror.ts";
import type { Deletions, MirrorDeps, MirrorRequest } from "../../mirror/contract.ts";
import { mirrorAll } from "../../mirror/targets.ts";
import { noWritten } from "../../mirror/carry/written.ts";
import { systemClock } from "../../shared/clock.ts";
import { ownStateDirectory } from "../../state/directory.ts";
import { fileIndex } from "../../state/index-store.ts";
import { fileSpool } from "../../state/spool.ts";
import { fileWritten } from "../../state/written.ts";
import { chosen } from "../chosen.ts";
import { countedFiles, type Question } from "../process/ask.ts";
import { lastingOf } from "../process/lasting.ts";
import type { MirrorFlags } from "../output/mirror-line.ts";
import { RATES } from "./rates.ts";
import type { Output } from "../output/output.ts";

/** Options of the command line, which override those given elsewhere. @throws ConfigError */
export function mirrorOptionsOf(given: MirrorFlags, otherwise: object = {}): MirrorOptions {
  return chosen(MirrorOptions, given, otherwise);
}

/** Carries out a mirror as the command line or a job file asks for it. */
async function runMirror(order: MirrorOrder, output: Output, signal: AbortSignal): Promise<SummaryEvent> {
  const request = await mirrorRequestOf(order, output);
  const deps = await mirrorDeps(request, output);
  return mirror(request, { ...deps, pool: new OwnPool(true) }, signal);
}

/** The same to one target or several, each with a memory of its own. */
export async function runMirrors(
  order: TargetsOrder,
  output: Output,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  const [target = "", ...more] = order.targets;
  if (more.length === 0) return runMirror({ ...order, target }, output, signal);
  const request = await targetsRequestOf(order, output);
  const deps = new Map<MirrorRequest, MirrorDeps>();
  for (const one of request.mirrors) deps.set(one, await mirrorDeps(one, output));
  const depsOf = (one: MirrorRequest) => {
    const found = deps.get(one);
    if (found === undefined) throw new Error("this is a mirror of another request");
    return found;
  };
  using source = fileSpool();
  using peers = fileSpool();
  const spools = { source, peers };
  return await mirrorAll(
    request,
    { clock: systemClock, chance: Math.random, emit: output.event, depsOf, spools },
    signal,
  );
}

/** What a mirror needs of the world. */
export async function mirrorDeps(request: MirrorRequest, output: Output): Promise<MirrorDeps> {
  // What a large tree leaves behind is collected before it piles up: more work, and a third less memory. Not before all scripts
  // are loaded: V8 takes nothing from a code cache that was made with other flags.
  setFlagsFromString("--heap-growing-percent=30");
  const directory = ownStateDirectory(process.env);
  const open = () => fileWritten(directory, keyOf(request));
  const lasting = await lastingOf(directory, open, noWritten, output);
  const { memory, ledger, own: written } = lasting;
  const index = fileIndex(directory, keyOf(request));
  const deps = {
    clock: systemClock,
    chance: Math.random,
    emit: output.event,
    followUp: output.followUp,
    memory,
    ledger,
    written,
    index,
    rates: RATES,
  };
  const { ask } = output;
  if (ask === undefined) return deps;
  return { ...deps, approve: (deletions, until) => ask(questionOf(deletions), until) };
}

function questionOf({ target, files, directories, isToTrash }: Deletions): Question {
  const counts = countedFiles(files.length, directories.length);
  const what = isToTrash ? `move ${counts} to the trash` : `delete ${counts}`;
  return { what: `${target}: ${what}`, names: [...files, ...directories.map((path) => `${path}/`)] };
}

/** What a mirror is known by between runs. */
export function keyOf({ source, target }: Pick<MirrorRequest, "source" | "target">): string {
  // Paths on this machine may be relative to the working directory.
  const here = [source, target].some(({ place }) => place.key === "local") ? [process.cwd()] : [];
  return [...here, source.shown, target.shown].join("\n");
}
