import type { TreeMeter } from "../copy/limits.ts";
import type { Looking } from "../copy/select.ts";
import { parentOf, withoutSlash } from "../ftp/pathname.ts";
import { requiredEntry } from "./entry.ts";
import { walk } from "./walk.ts";

/** What a directory holds, with all below it. */
interface Usage {
  readonly path: string;
  /** 0 for what was asked for. */
  readonly depth: number;
  /** All that is no directory. */
  readonly files: number;
  readonly directories: number;
  /** Of the files whose sizes are known. */
  readonly bytes: number;
  /** Files whose size the server does not tell. */
  readonly unknownSizes: number;
}

type Used =
  | ({ readonly kind: "usage" } & Usage)
  | { readonly kind: "fault"; readonly path: string; readonly because: string };

/** The sizes of a directory and of all below it, each after those in it; of a file, its own. */
export async function* usageOf(
  looking: Looking,
  meter: TreeMeter,
  path: string,
  shown: string,
): AsyncGenerator<Used> {
  const start = withoutSlash(path);
  const entry = await requiredEntry(looking, start, shown);
  if (entry.kind !== "directory") {
    const isUnknown = entry.sizeBytes === undefined && entry.kind === "file";
    const [bytes, unknownSizes] = [entry.sizeBytes ?? 0, isUnknown ? 1 : 0];
    yield { kind: "usage", path: start, depth: 0, files: 1, directories: 0, bytes, unknownSizes };
    return;
  }
  const sums = new Map<string, { files: number; directories: number; bytes: number; unknownSizes: number }>();
  const sumOf = (relative: string) => {
    const sum = sums.get(relative) ?? { files: 0, directories: 0, bytes: 0, unknownSizes: 0 };
    sums.set(relative, sum);
    return sum;
  };
  for await (const step of walk(looking, meter, start)) {
    if (step.kind === "fault") {
      yield step;
    } else if (step.kind === "entry") {
      const sum = sumOf(parentOf(step.relative));
      if (step.entry.kind === "directory") {
        sum.directories += 1;
        continue;
      }
      sum.files += 1;
      // A link's size is the length of what is written in it.
      if (step.entry.kind === "link") continue;
      if (step.entry.sizeBytes === undefined) sum.unknownSizes += 1;
      else sum.bytes += step.entry.sizeBytes;
    } else {
      const sum = sumOf(step.relative);
      yield { kind: "usage", path: step.path, depth: step.depth, ...sum };
      sums.delete(step.relative);
      if (step.depth === 0) continue;
      const above = sumOf(parentOf(step.relative));
      above.files += sum.files;
      above.directories += sum.directories;
      above.bytes += sum.bytes;
      above.unknownSizes += sum.unknownSizes;
    }
  }
}
