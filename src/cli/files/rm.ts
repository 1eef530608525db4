import { z } from "zod";
import type { CopySource } from "../../copy/plan.ts";
import { parsePattern } from "../../copy/glob.ts";
import { parseLocation } from "../../config/locations/location.ts";
import { wholeNumber } from "../../config/schema/fields.ts";
import { planRemoval, type Removal, RemovalCeiling, Remover } from "../../files/removal.ts";
import { SafeguardError } from "../../mirror/decide/safeguards.ts";
import { sourceOf, targetOf } from "../../wiring/places.ts";
import { chosen } from "../chosen.ts";
import { countedFiles } from "../process/ask.ts";
import { type FileFlags, fileCommand, type FileSession } from "./session.ts";

export interface RmFlags extends FileFlags {
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly maxDelete?: string;
}

const RmOptions = z.strictObject({ maxDelete: wholeNumber(1, 1_000_000_000).default(1_000) });

/** `fxpd rm LOCATION...` */
export function rmCommand(locations: readonly string[], given: RmFlags): Promise<number> {
  return fileCommand(given, `rm ${locations.join(" ")}`, async (session) => {
    const ceiling = new RemovalCeiling(chosen(RmOptions, given, {}).maxDelete);
    const options = { isRecursive: given.recursive === true, isForced: given.force === true };
    const sources: CopySource[] = [];
    for (const location of locations) sources.push(await removableAt(location, session));
    // Everything is looked up before anything is deleted, so that the ceiling holds for all of it.
    const planned: Planned[] = [];
    await session.each(
      sources,
      ({ shown }) => shown,
      async (source) => {
        const { pattern, shown, place } = source;
        planned.push({
          source,
          removals: await planRemoval(pattern, shown, options, session.at(place), ceiling),
        });
      },
    );
    await requireApproval(planned, session);
    for (const { source, removals } of planned) {
      const remover = new Remover(session.at(source.place));
      const at = ({ path }: Removal) => source.place.at(path);
      await session.each(removals, at, async (removal) => {
        const { kind, because } = removal;
        const isDone = given.dryRun === true ? kind !== "unlink" : await remover.carryOut(removal);
        if (!isDone) return;
        if (kind !== "directory" && given.dryRun !== true) session.counts.deleted += 1;
        const path = `${at(removal)}${kind === "directory" ? "/" : ""}`;
        session.detail({ event: "action", action: "delete", path, because }, `delete ${path}: ${because}`);
      });
    }
  });
}

/** What is to be deleted at one location. */
interface Planned {
  readonly source: CopySource;
  readonly removals: readonly Removal[];
}

/** @throws SafeguardError where a person was asked and declined */
async function requireApproval(planned: readonly Planned[], { ask, signal }: FileSession): Promise<void> {
  const going = planned.flatMap(({ source, removals }) =>
    removals.filter(({ kind }) => kind !== "unlink").map((removal) => ({ source, removal })),
  );
  if (ask === undefined || going.length === 0) return;
  const directories = going.filter(({ removal }) => removal.kind === "directory").length;
  const names = going.map(
    ({ source, removal: { kind, path } }) => `${source.place.at(path)}${kind === "directory" ? "/" : ""}`,
  );
  const what = `delete ${countedFiles(going.length - directories, directories)}`;
  if (!(await ask({ what, names }, signal)))
    throw new SafeguardError("the deletions were declined; nothing was deleted");
}

/** On this machine no symbolic link below it is followed. */
async function removableAt(location: string, { context }: FileSession): Promise<CopySource> {
  if (parsePattern(parseLocation(location).path).kind === "glob") return sourceOf(location, context, "skip");
  const { place, path, shown } = await targetOf(location, context, { links: "skip" });
  return { place, pattern: { kind: "path", path }, shown };
}
