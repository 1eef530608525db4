import { parseMoment } from "../../copy/selection.ts";
import { makeDirectory, setPermissions, touch } from "../../files/change.ts";
import { rename } from "../../files/rename.ts";
import { ConfigError } from "../../shared/errors.ts";
import { targetOf } from "../../wiring/places.ts";
import type { Target } from "../../batch/task.ts";
import { type FileFlags, fileCommand, type FileSession } from "./session.ts";

/** All locations are understood before anything is done. @throws ConfigError */
async function targetsOf(locations: readonly string[], session: FileSession): Promise<readonly Target[]> {
  const targets = [];
  for (const location of locations) targets.push(await targetOf(location, session.context));
  return targets;
}

const shownOf = ({ shown }: Target) => shown;

/** `fxpd mkdir LOCATION...` */
export function mkdirCommand(
  locations: readonly string[],
  given: FileFlags & { readonly parents?: boolean },
): Promise<number> {
  return fileCommand(given, `mkdir ${locations.join(" ")}`, async (session) => {
    await session.each(await targetsOf(locations, session), shownOf, async ({ place, path, shown }) => {
      const looking = session.at(place);
      const isNew = await makeDirectory(looking, path, given.parents === true, (one) => place.at(one));
      const because = isNew ? "it was missing" : "it exists";
      const action = isNew ? "make-directory" : "keep";
      session.detail({ event: "action", action, path: shown, because }, `${action} ${shown}: ${because}`);
    });
  });
}

/** `fxpd chmod MODE LOCATION...` */
export function chmodCommand(mode: string, locations: readonly string[], given: FileFlags): Promise<number> {
  return fileCommand(given, `chmod ${[mode, ...locations].join(" ")}`, async (session) => {
    if (!/^[0-7]{3,4}$/.test(mode))
      throw new ConfigError(
        `"${mode}" is not a mode; expected three or four octal digits, such as 644 or 0755`,
      );
    await session.each(await targetsOf(locations, session), shownOf, async ({ place, path, shown }) => {
      await setPermissions(session.at(place), path, Number.parseInt(mode, 8), shown);
      const because = `mode ${mode}`;
      const event = { event: "action", action: "set-permissions", path: shown, because };
      session.detail(event, `set-permissions ${shown}: ${because}`);
    });
  });
}

/** `fxpd touch LOCATION...` */
export function touchCommand(
  locations: readonly string[],
  given: FileFlags & { readonly time?: string; readonly create?: boolean },
): Promise<number> {
  return fileCommand(given, `touch ${locations.join(" ")}`, async (session) => {
    const nowMs = Date.now();
    const moment = given.time === undefined ? { atMs: nowMs } : parseMoment(given.time);
    const atMs = "atMs" in moment ? moment.atMs : nowMs - moment.agoMs;
    const touching = { atMs, isGiven: given.time !== undefined, creates: given.create !== false };
    await session.each(await targetsOf(locations, session), shownOf, async ({ place, path, shown }) => {
      const outcome = await touch(session.at(place), path, touching, shown);
      if (outcome === "absent") session.counts.skipped += 1;
      session.detail({ event: "touch", path: shown, outcome }, `${outcome} ${shown}`);
    });
  });
}

/** `fxpd mv SOURCE... TARGET` */
export function mvCommand(
  sources: readonly string[],
  target: string,
  given: FileFlags & { readonly force?: boolean },
): Promise<number> {
  return fileCommand(given, `mv ${[...sources, target].join(" ")}`, async (session) => {
    const [to, ...from] = await targetsOf([target, ...sources], session);
    if (to === undefined) return;
    const other = from.find(({ place }) => place.key !== to.place.key);
    if (other !== undefined)
      throw new ConfigError(
        `${other.shown} and ${to.shown} are on different servers, and fxpd mv only renames; use fxpd move ${other.shown} ${to.shown}`,
      );
    await session.each(from, shownOf, async ({ place, path, shown }) => {
      const renaming = {
        from: path,
        to: to.path,
        isInto: from.length > 1,
        isForced: given.force === true,
        isDryRun: given.dryRun === true,
      };
      const renamed = place.at(await rename(session.at(to.place), renaming, (one) => place.at(one)));
      const because = `renamed to ${renamed}`;
      const event = { event: "action", action: "rename", path: shown, because, renamedTo: renamed };
      session.detail(event, `rename ${shown}: ${given.dryRun === true ? `to ${renamed}` : because}`);
    });
  });
}
