import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";

/** Scripts that the build has made of many modules, the first of which has been loaded. */
interface Built<T> {
  /** What its first module exports. */
  readonly exported: T;
  /** The names of the scripts that have been loaded by now, and whether V8 took what it had compiled of each before. */
  loaded(): ReadonlyMap<string, boolean>;
  /** What V8 has compiled of all that is loaded by now, to be kept in `cacheOf(file)`. */
  compiled(): Buffer;
}

/** The file beside a script that holds what V8 made of it and of the scripts that it loads. */
export const cacheOf = (file: string): string => `${file}.cache`;

/**
 * Which Node this is. V8 itself only looks at its version's four numbers, which all releases of one line share; compiled
 * code of Node 20.20 ends Node 20.19 with SIGSEGV.
 */
const NODE = Buffer.from(
  `${JSON.stringify([process.versions, process.config, process.platform, process.arch])}\0`,
);

type Exports = Readonly<Record<string, unknown>>;
type Define = (require: (name: string) => unknown, url: string) => Exports;

/**
 * Loads a script that the build has made, and those beside it when they are required. With what V8 compiled at the build
 * that takes a third of the time; another Node compiles it anew.
 */
export function loadBuilt<T>(file: string): Built<T> {
  const cached = readCache(cacheOf(file));
  const scripts = new Map<string, Script>();
  const exported = new Map<string, Exports>();
  const requireOther = createRequire(file);
  const url = String(pathToFileURL(file));
  const load = (name: string): Exports => {
    const path = join(dirname(file), name);
    const cachedData = cached.get(name);
    const script = new Script(readFileSync(path, "latin1"), {
      filename: path,
      ...(cachedData === undefined ? {} : { cachedData }),
    });
    scripts.set(name, script);
    return plain((script.runInThisContext() as Define)(requireBuilt, url));
  };
  const requireBuilt = (wanted: string): unknown => {
    if (!wanted.startsWith("./")) return requireOther(wanted);
    const name = wanted.slice("./".length);
    const found = exported.get(name) ?? load(name);
    exported.set(name, found);
    return found;
  };
  return {
    exported: load(file.slice(dirname(file).length + 1)) as T,
    loaded: () =>
      new Map([...scripts].map(([name, { cachedDataRejected }]) => [name, cachedDataRejected === false])),
    compiled: () => cacheWith([...scripts].map(([name, script]) => [name, script.createCachedData()])),
  };
}

/** Values in place of the getters by which the build exports: they are asked for with each call, and change no more. */
function plain(exports: Exports): Exports {
  return Object.defineProperty({ ...exports }, "__esModule", { value: true });
}

/** Which Node, what is where as JSON, and what V8 made of each script. */
function cacheWith(scripts: readonly (readonly [name: string, data: Buffer])[]): Buffer {
  const index = JSON.stringify(scripts.map(([name, { length }]) => [name, length]));
  return Buffer.concat([NODE, Buffer.from(`${index}\0`), ...scripts.map(([, data]) => data)]);
}

function readCache(file: string): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  try {
    const kept = readFileSync(file);
    if (!kept.subarray(0, NODE.length).equals(NODE)) return found;
    let at = kept.indexOf(0, NODE.length) + 1;
    const index = JSON.parse(kept.toString("latin1", NODE.length, at - 1)) as [string, number][];
    for (const [name, length] of index) {
      found.set(name, kept.subarray(at, at + length));
      at += length;
    }
  } catch {
    // It only saves time.
  }
  return found;
}
