import { once } from "node:events";
import { z } from "zod";
import { select } from "../../copy/select.ts";
import { SelectionError } from "../../batch/errors.ts";
import { wholeNumber } from "../../config/schema/fields.ts";
import { usageOf } from "../../files/usage.ts";
import { counted, formatBytes } from "../../shared/units.ts";
import { VerificationError } from "../../transfer/errors.ts";
import { sourceOf, targetOf } from "../../wiring/places.ts";
import { chosen } from "../chosen.ts";
import { type FileFlags, fileCommand, type FileSession } from "./session.ts";
import type { CopySource } from "../../copy/plan.ts";

/** `fxpd cat LOCATION...`: the bytes as they are; for programs, in base64. */
export function catCommand(locations: readonly string[], given: FileFlags): Promise<number> {
  return fileCommand(given, `cat ${locations.join(" ")}`, async (session) => {
    const sources: CopySource[] = [];
    for (const location of locations) sources.push(await sourceOf(location, session.context));
    await session.each(
      sources,
      ({ shown }) => shown,
      (source) => catAll(source, session, given.json === true),
    );
  });
}

async function catAll({ pattern, shown, place }: CopySource, session: FileSession, isJson: boolean) {
  const looking = session.at(place);
  for await (const found of select(pattern, shown, looking)) {
    if (found.kind === "fault") session.fail(place.at(found.path), new SelectionError(found.because));
    if (found.kind !== "file") continue;
    const { path, facts } = found;
    const reading = await looking.retrier.run(
      () => looking.side.read(path, 0, session.signal),
      session.signal,
    );
    await using _ = reading;
    let bytes = 0;
    for await (const chunk of reading.stream) {
      session.signal.throwIfAborted();
      const piece = chunk as Buffer;
      if (isJson)
        session.show({ event: "data", path: place.at(path), from: bytes, base64: piece.toString("base64") });
      else if (!process.stdout.write(piece)) await once(process.stdout, "drain", { signal: session.signal });
      bytes += piece.length;
    }
    await reading.finish(session.signal);
    // A server that dies in the middle ends the data connection like one that is done.
    if (facts.sizeBytes !== undefined && bytes < facts.sizeBytes)
      throw new VerificationError(`${place.at(path)}: only ${bytes} of ${facts.sizeBytes} bytes came`);
  }
}

export interface DuFlags extends FileFlags {
  readonly summarize?: boolean;
  readonly maxDepth?: string;
  readonly humanReadable?: boolean;
}

const DuOptions = z.strictObject({ maxDepth: wholeNumber(0, 1_000).optional() });

/** `fxpd du LOCATION...` */
export function duCommand(locations: readonly string[], given: DuFlags): Promise<number> {
  return fileCommand(given, `du ${locations.join(" ")}`, async (session) => {
    const { maxDepth = Number.POSITIVE_INFINITY } = chosen(DuOptions, given, {});
    const deepest = given.summarize === true ? 0 : maxDepth;
    const targets = [];
    for (const location of locations)
      targets.push(await targetOf(location, session.context, { links: "skip" }));
    await session.each(
      targets,
      ({ shown }) => shown,
      async ({ place, path, shown }) => {
        const looking = session.at(place);
        for await (const used of usageOf(looking, looking.meter, path, shown)) {
          if (used.kind === "fault") {
            session.fail(place.at(used.path), new SelectionError(used.because));
            continue;
          }
          const { kind: _, depth, ...usage } = used;
          if (depth > deepest) continue;
          const at = depth === 0 ? shown : place.at(used.path);
          const size = given.humanReadable === true ? formatBytes(used.bytes) : String(used.bytes);
          const unknown =
            used.unknownSizes === 0
              ? ""
              : `  (${counted(used.unknownSizes, "file")} of unknown size not counted)`;
          session.show({ event: "usage", ...usage, path: at }, `${size.padStart(14)}  ${at}${unknown}`);
        }
      },
    );
  });
}
