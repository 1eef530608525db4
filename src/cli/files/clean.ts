import { z } from "zod";
import { parseMoment } from "../../copy/selection.ts";
import { parsed } from "../../config/schema/fields.ts";
import { clean, type Cleaned } from "../../files/clean/clean.ts";
import { ageOf } from "../../files/clean/judge.ts";
import type { Tree } from "../../orchestrator/claims/claims.ts";
import type { FleetUse } from "../../orchestrator/claims/ledger-use.ts";
import { openInstallation } from "../../orchestrator/installation.ts";
import { NoDaemonError } from "../../orchestrator/errors.ts";
import { redisWords } from "../../orchestrator/kv/faults.ts";
import { ConfigError, messageOf } from "../../shared/errors.ts";
import { Scope } from "../../shared/scope.ts";
import { formatBytes } from "../../shared/units.ts";
import { ownStateDirectory } from "../../state/directory.ts";
import { fileLedger } from "../../state/ledger.ts";
import { SelectionError } from "../../batch/errors.ts";
import { factsJson } from "../../mirror/decide/facts-json.ts";
import { targetOf } from "../../wiring/places.ts";
import type { Target } from "../../batch/task.ts";
import { chosen } from "../chosen.ts";
import { directoriesOf } from "../command-line.ts";
import { type FileFlags, fileCommand, type FileSession } from "./session.ts";

export interface CleanFlags extends FileFlags {
  readonly olderThan?: string;
  readonly all?: boolean;
}

/** A copy that is tried again within a day resumes. */
const DEFAULT_AGE = "1d";

const CleanOptions = z.strictObject({
  olderThan: parsed("an age such as 1d or 36h, or a date such as 2026-01-31", (text: string) => ({
    text,
    ...parseMoment(text),
  })).default(() => ({ text: DEFAULT_AGE, ...parseMoment(DEFAULT_AGE) })),
});

/** `fxpd clean LOCATION...` */
export function cleanCommand(locations: readonly string[], given: CleanFlags): Promise<number> {
  return fileCommand(given, `clean ${locations.join(" ")}`, async (session) => {
    const { olderThan } = chosen(CleanOptions, given, {});
    const nowMs = Date.now();
    const beforeMs = "atMs" in olderThan ? olderThan.atMs : nowMs - olderThan.agoMs;
    const own = await fileLedger(ownStateDirectory(process.env));
    const targets: Target[] = [];
    for (const location of locations)
      targets.push(await targetOf(location, session.context, { links: "skip" }));
    await session.each(
      targets,
      ({ shown }) => shown,
      async (target) => {
        const { place, path, shown } = target;
        await using scope = new Scope();
        const { fleet, isKnown } = await workersAt(target, session, given, scope);
        const policy = { all: given.all === true && isKnown, beforeMs, olderThan: olderThan.text, nowMs };
        const options = { policy, users: [own, ...fleet], isDryRun: given.dryRun === true };
        for await (const one of clean(session.at(place), path, shown, options))
          tell(one, place.at(one.path), nowMs, options.isDryRun, session);
      },
    );
  });
}

/** Those workers that may write there, as far as there is a Redis by which they are known. */
async function workersAt(
  target: Target,
  session: FileSession,
  given: CleanFlags,
  scope: Scope,
): Promise<{ readonly fleet: readonly FleetUse[]; readonly isKnown: boolean }> {
  const directories = directoriesOf(given);
  const options = { whenAway: "fail", tell: () => {}, starts: false } as const;
  try {
    const { kv } = scope.use(await openInstallation(directories, options));
    const holder = `fxpd clean (process ${process.pid})`;
    return {
      fleet: [scope.use(await kv.fleetUse(await treesOf(target, session), holder))],
      isKnown: true,
    };
  } catch (error) {
    session.signal.throwIfAborted();
    if (error instanceof ConfigError) throw error;
    // The private Redis of this machine runs as long as workers do.
    if (error instanceof NoDaemonError) return { fleet: [], isKnown: true };
    const because = `${redisWords(error) ?? messageOf(error)}: what workers are writing is not known, so what carries another owner key than this user's is kept`;
    session.show({ event: "note", because }, because);
    return { fleet: [], isKnown: false };
  }
}

/** A directory by all paths that a job may have for it. */
async function treesOf({ place, path }: Target, session: FileSession): Promise<readonly Tree[]> {
  const { side } = session.at(place);
  await side.ready(session.signal);
  const top = side.locate("/");
  const absoluteOf = (one: string) => {
    const located = side.locate(one);
    return located.startsWith(top) ? located.slice(top.length - 1) : undefined;
  };
  const [absolute, login] = [absoluteOf(path), absoluteOf("")];
  const paths = new Set([path]);
  if (absolute !== undefined) paths.add(absolute);
  if (login !== undefined && `${absolute}/`.startsWith(`${login}/`))
    paths.add(absolute?.slice(login.length + 1) ?? "");
  return [...paths].map((one) => ({ account: place.key, path: one }));
}

function tell(one: Cleaned, shown: string, nowMs: number, isDryRun: boolean, session: FileSession): void {
  if (one.kind === "fault") {
    session.fail(shown, one.error ?? new SelectionError(one.because));
    return;
  }
  if (one.kind === "failed") {
    session.fail(shown, one.error);
    return;
  }
  const { entry, because } = one;
  const action = one.kind === "deleted" ? "delete" : "keep";
  if (action === "keep") session.counts.skipped += 1;
  else if (!isDryRun) session.counts.deleted += 1;
  const size = entry.sizeBytes === undefined ? "size not known" : formatBytes(entry.sizeBytes);
  const about = `${size}, ${ageOf(entry, nowMs) ?? "age not known"}`;
  const event = { event: "action", action, path: shown, because, target: factsJson(entry) };
  session.show(event, `${action} ${shown} (${about}): ${because}`);
}
