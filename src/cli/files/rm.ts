import { z } from "zod";
import type { Source } from "../../copy/plan.ts";
import { parsePattern } from "../../copy/glob.ts";
import { parseLocation } from "../../config/locations/location.ts";
import { wholeNumber } from "../../config/schema/fields.ts";
import { planRemoval, type Removal, RemovalCeiling, Remover } from "../../files/removal.ts";
import { sourceOf, targetOf } from "../../wiring/places.ts";
import { chosen } from "../chosen.ts";
import { type FileFlags, fileCommand, type FileSession } from "./session.ts";

export interface RmFlags extends FileFlags {
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly maxDelete?: string;
}

const RmOptions = z.strictObject({ maxDelete: wholeNumber(1, 1_000_000_000).default(1_000) });

/** `fxpd rm LOCATION...` */
export function rmCommand(locations: readonly string[], given: RmFlags): Promise<number> {
  return fileCommand(given, async (session) => {
    const ceiling = new RemovalCeiling(chosen(RmOptions, given, {}).maxDelete);
    const options = { isRecursive: given.recursive === true, isForced: given.force === true };
    const sources: Source[] = [];
    for (const location of locations) sources.push(await removableAt(location, session));
    // Everything is looked up before anything is deleted, so that the ceiling holds for all of it.
    const planned: { readonly source: Source; readonly removals: readonly Removal[] }[] = [];
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

/** On this machine no symbolic link below it is followed. */
async function removableAt(location: string, { surroundings }: FileSession): Promise<Source> {
  if (parsePattern(parseLocation(location).path).kind === "glob")
    return sourceOf(location, surroundings, "skip");
  const { place, path, shown } = await targetOf(location, surroundings, { links: "skip" });
  return { place, pattern: { kind: "path", path }, shown };
}
