import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";

/** One script, as the build has made it of many modules, that has been loaded. */
export interface Built<T> {
  /** What its first module exports. */
  readonly exported: T;
  /** Whether V8 took what it had compiled before. */
  readonly isCached: boolean;
  /** What V8 has compiled of it by now, to be kept in `cacheOf(file)`. */
  compiled(): Buffer;
}

/** The file beside a script that holds what V8 made of it. */
export const cacheOf = (file: string): string => `${file}.cache`;

/**
 * Which Node this is. V8 itself only looks at its version's four numbers, which all releases of one line share; compiled
 * code of Node 20.20 ends Node 20.19 with SIGSEGV.
 */
const NODE = Buffer.from(
  `${JSON.stringify([process.versions, process.config, process.platform, process.arch])}\0`,
);

/**
 * Loads a script that the build has made. With what V8 compiled at the build that takes a third of the time; another Node
 * compiles it anew.
 */
export function loadBuilt<T>(file: string): Built<T> {
  const cachedData = readCache(cacheOf(file));
  const script = new Script(readFileSync(file, "latin1"), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const define = script.runInThisContext() as (require: NodeJS.Require, url: string) => T;
  return {
    exported: define(createRequire(file), String(pathToFileURL(file))),
    isCached: script.cachedDataRejected === false,
    compiled: () => Buffer.concat([NODE, script.createCachedData()]),
  };
}

function readCache(file: string): Buffer | undefined {
  try {
    const kept = readFileSync(file);
    return kept.subarray(0, NODE.length).equals(NODE) ? kept.subarray(NODE.length) : undefined;
  } catch {
    return undefined; // it only saves time
  }
}
