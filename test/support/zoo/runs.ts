import { join } from "node:path";
import { MirrorOptions } from "../../../src/config/schema/mirror-options.ts";
import { CopyOptions } from "../../../src/config/schema/options.ts";
import { copyRequestOf, mirrorRequestOf } from "../../../src/wiring/requests.ts";
import { copy } from "../../../src/copy/copy.ts";
import type { CopyEvent } from "../../../src/batch/events.ts";
import { noJournal } from "../../../src/batch/journal.ts";
import { mirror } from "../../../src/mirror/mirror.ts";
import { messageOf } from "../../../src/shared/errors.ts";
import { fileWritten } from "../../../src/state/written.ts";
import type { Heard, Scene } from "./scene.ts";

/** What must never happen, whatever a server does. */
export class Violation extends Error {}

export const RETRIES = 1;

function depsOf(scene: Scene, events: CopyEvent[]) {
  return { ...scene.deps, emit: (event: CopyEvent) => void events.push(event), journal: noJournal };
}

export async function copied(
  scene: Scene,
  from: string,
  to: string,
  given: object,
  signal: AbortSignal,
): Promise<Heard> {
  const events: CopyEvent[] = [];
  try {
    const options = CopyOptions.parse({ retries: RETRIES, ...given });
    const order = { sources: [from], target: to, options, dryRun: false, directories: scene.directories };
    const request = await copyRequestOf(order, { transcript: (line) => scene.transcript(line) });
    const summary = await copy(request, depsOf(scene, events), signal);
    return { events, outcome: summary.outcome, because: reasonOf(events, summary.because) };
  } catch (error) {
    return { events, outcome: "failed", because: messageOf(error) };
  }
}

export async function mirrored(
  scene: Scene,
  from: string,
  to: string,
  given: object,
  signal: AbortSignal,
): Promise<Heard> {
  const events: CopyEvent[] = [];
  try {
    const options = MirrorOptions.parse({ retries: RETRIES, parallel: 2, ...given });
    const order = { source: from, target: to, options, dryRun: false, directories: scene.directories };
    const request = await mirrorRequestOf(order, { transcript: (line) => scene.transcript(line) });
    const written = await fileWritten(join(scene.local, "state"), `${from} ${to}`);
    const summary = await mirror(request, { ...depsOf(scene, events), written }, signal);
    return { events, outcome: summary.outcome, because: reasonOf(events, summary.because) };
  } catch (error) {
    return { events, outcome: "failed", because: messageOf(error) };
  }
}

function reasonOf(events: readonly CopyEvent[], because: string | undefined): string {
  const failed = events.flatMap((event) =>
    event.event === "fault" || (event.event === "transfer" && event.outcome === "failed")
      ? [event.because]
      : [],
  );
  return failed[0] ?? because ?? "";
}

export function requireSentence({ outcome, because }: Heard): void {
  if (outcome !== "succeeded" && !/\w+ .*\w/.test(because))
    throw new Violation(`a refusal that is no sentence: ${outcome} ${JSON.stringify(because)}`);
}

/** What stands at the server below a directory, without temporary files. */
export function storedFiles({ subject }: Scene, directory: string): Map<string, Buffer> {
  return new Map([...subject.files(directory)].filter(([path]) => !/(^|\/)\.fxpd-/i.test(path)));
}

/**
 * That nothing stands there but what was to be copied, whole and under its name; and all of it after a success. Whether
 * case counts is the server's affair.
 */
export function requireTrue(
  found: ReadonlyMap<string, Buffer>,
  wanted: ReadonlyMap<string, Buffer>,
  { outcome }: Heard,
): void {
  const byName = new Map([...wanted].map(([name, content]) => [name.toLowerCase(), content]));
  for (const [path, content] of found) {
    const whole = byName.get(path.toLowerCase());
    if (whole === undefined) throw new Violation(`misplaced: ${path}`);
    if (!whole.equals(content))
      throw new Violation(`false: ${path} has ${content.length} bytes of ${whole.length}`);
  }
  if (outcome !== "succeeded") return;
  const names = new Set([...found.keys()].map((name) => name.toLowerCase()));
  const missing = [...byName.keys()].filter((name) => !names.has(name));
  if (missing.length > 0) throw new Violation(`said to be copied, and not there: ${missing.join(", ")}`);
}

export function cellOf(heard: Heard): string {
  requireSentence(heard);
  return heard.outcome === "succeeded" ? "yes" : `${heard.outcome}: ${heard.because}`;
}

export const copiedCount = ({ events }: Heard) =>
  events.filter((event) => event.event === "transfer" && event.outcome === "succeeded").length;
