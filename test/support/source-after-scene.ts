import type { CopyEvent } from "../../src/batch/events.ts";
import { type Finished, type Journal, noJournal } from "../../src/batch/journal.ts";
import type { Place } from "../../src/batch/pool.ts";
import { copy } from "../../src/copy/copy.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import { rootOfSource, type CopySource } from "../../src/copy/plan.ts";
import type { CopyRequest } from "../../src/copy/request.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { parseSourceAfter } from "../../src/transfer/source-after/source-after.ts";
import { copyDeps } from "./edges.ts";
import { quickClock } from "./mirror-scene.ts";
import { POLICY } from "./pair.ts";
import { settingsFor } from "./settings.ts";

// A source file is deleted, renamed or moved only when its copy is proven.
export type Reachable = Parameters<typeof settingsFor>[1];

export const ftp = (name: string, server: Reachable): Place => ({
  ...{ key: name, name, at: (path: string) => `${name}:${path}`, limit: 4 },
  connect: () => new FtpSide(settingsFor(name, server), { clock: systemClock }),
});

export interface Asked extends Partial<CopyRequest> {
  readonly after?: string;
  readonly journal?: Journal;
  readonly emit?: (event: CopyEvent) => void;
}

export async function run(from: Place, pattern: string, to: Place, path: string, asked: Asked = {}) {
  const { after = "delete", journal = noJournal, emit = () => {}, ...more } = asked;
  const source: CopySource = {
    place: from,
    pattern: parsePattern(pattern),
    shown: pattern,
    entersDirectories: true,
  };
  const step = parseSourceAfter(after);
  const request: CopyRequest = {
    ...{ sources: [source], target: { place: to, path, shown: path }, isWanted: () => true },
    ...{ onExists: "overwrite" as const, parallel: 2, transfer: POLICY, retries: 2, dryRun: false },
    ...(step && { sourceAfter: { after: step, roots: [rootOfSource(source)] } }),
    ...more,
  };
  const events: CopyEvent[] = [];
  const { deps } = copyDeps({ clock: quickClock, journal });
  const both = (event: CopyEvent) => {
    events.push(event);
    emit(event);
  };
  const summary = await copy(request, { ...deps, emit: both }, AbortSignal.timeout(60_000));
  const transfers = events.filter((event) => event.event === "transfer");
  const actions = events.filter((event) => event.event === "action");
  return { summary, transfers, actions };
}

/** What a run notes, as the next one finds it. */
export function memoryJournal(): Journal & { readonly noted: Map<string, Finished> } {
  const noted = new Map<string, Finished>();
  return {
    ...{ noted, fault: undefined },
    finished: (target) => noted.get(target),
    note: (one) => void noted.set(one.target, one),
    close: async () => {},
  };
}
