import { MirrorOptions } from "../config/mirror-options.ts";
import { type MirrorOrder, mirrorRequestOf } from "../config/requests.ts";
import type { SummaryEvent } from "../copy/events.ts";
import { mirror } from "../mirror/mirror.ts";
import type { MirrorEdges, MirrorRequest } from "../mirror/request.ts";
import { noWritten } from "../mirror/written.ts";
import { systemClock } from "../shared/clock.ts";
import { stateDirectory } from "../state/directory.ts";
import { fileWritten } from "../state/written.ts";
import { chosen } from "./command-line.ts";
import { lastingOf } from "./lasting.ts";
import type { MirrorFlags } from "./mirror-line.ts";
import type { Output } from "./output.ts";

/** What was said on the command line, over what was said elsewhere. @throws ConfigError */
export function mirrorOptionsOf(given: MirrorFlags, otherwise: object = {}): MirrorOptions {
  return chosen(MirrorOptions, given, otherwise);
}

/** Carries out a mirror as the command line or a job file asks for it. */
export async function runMirror(
  order: MirrorOrder,
  output: Output,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  const request = await mirrorRequestOf(order, output);
  return mirror(request, await mirrorEdges(request, output), signal);
}

/** What a mirror needs of the world. */
export async function mirrorEdges(request: MirrorRequest, output: Output): Promise<MirrorEdges> {
  const directory = stateDirectory(process.env);
  const open = () => fileWritten(directory, keyOf(request));
  const lasting = await lastingOf(directory, open, noWritten, output);
  const { memory, ledger, own: written } = lasting;
  return { clock: systemClock, chance: Math.random, emit: output.event, memory, ledger, written };
}

/** What a mirror is known by between runs. */
export function keyOf({ source, target }: Pick<MirrorRequest, "source" | "target">): string {
  // Paths on this machine may be meant from where we stand.
  const here = [source, target].some(({ place }) => place.key === "local") ? [process.cwd()] : [];
  return [...here, source.shown, target.shown].join("\n");
}
