import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { differenceOf, growTree, timeDifferenceOf, type TreeShape, treeOf } from "../support/trees.ts";
import type { Task } from "./clients/client.ts";
import { type Asked, fxpdClient } from "./clients/fxpd.ts";
import { lftpClient } from "./clients/lftp.ts";
import { clear, LIST } from "./files.ts";
import type { Options } from "./options.ts";
import { FAMILIES } from "../servers/index.ts";
import type { Row } from "./row.ts";
import type { Scene } from "./scene.ts";
import type { Counted } from "./transcript.ts";

/**
 * `dry`: what would be copied to an empty target; `first`: it is; `again`: both sides are equal already; `index`: they
 * are, and but for the first round an index knows that.
 */
type Kind = "dry" | "first" | "again" | "index";

const LANES = 4;
const OCTETS = 100;
/** After so long a peer is ended, and the row says that it takes longer. */
const LIMIT_MS = 60_000;

/** A tree in place of the list: a large one is looked at, a smaller one is copied. */
export function mirrorRows(options: Options, base: Omit<Row, "name">): readonly Row[] {
  const kinds = ["dry", "first", "again", "index"] as const;
  return kinds.flatMap((kind) =>
    (kind === "first" ? [0, 50] : [0, 20, 50]).flatMap((roundTripMs) =>
      FAMILIES.map((family) => {
        const shape = shapeOf(kind, options);
        return {
          ...base,
          name: `mirror-${kind}-${roundTripMs}-${family}`,
          ...{ source: family, target: family, roundTripMs, lanes: LANES },
          ...{ files: shape.files, octetsPerFile: OCTETS },
          clients: [fxpdClient(options.main, asked(kind)), ...lftps(kind)],
          scene: sceneOf(kind, shape),
          limitMs: LIMIT_MS,
        };
      }),
    ),
  );
}

/** A larger tree, copied from one kind of server to another. */
export function treeRow(options: Options, base: Omit<Row, "name">): Row {
  const files = options.files ?? (options.isQuick ? 1_000 : 10_000);
  const shape = { files, directories: Math.max(1, files / 100), octets: [4_096, 4_096] as const };
  return {
    ...base,
    ...{ name: "tree-10000", target: "proftpd", lanes: LANES, files, octetsPerFile: 4_096 },
    clients: [fxpdClient(options.main, asked("first")), ...lftps("first")],
    scene: sceneOf("first", shape),
  };
}

function shapeOf(kind: Kind, { isQuick, files }: Options): TreeShape {
  const [all, perDirectory] = kind === "first" ? [2_000, 40] : [20_000, 40];
  const wanted = files ?? (isQuick ? all / 10 : all);
  const directories = Math.max(1, Math.ceil(wanted / perDirectory));
  return { files: wanted, directories, octets: [OCTETS, OCTETS] };
}

function asked(kind: Kind): Asked {
  const dry = kind === "dry" ? ["--dry-run"] : kind === "index" ? ["--index"] : [];
  return {
    args: ({ lanes }: Task) => [
      ...["mirror", "--json", "--parallel", String(lanes), "--fxp", "only", ...dry],
      ...[`source:${LIST}`, `target:${LIST}`],
    ],
    // Who only looks has as many as lftp opens; who copies also watches.
    connections: ({ lanes }) => (kind === "first" ? 2 * lanes + 4 : lanes),
  };
}

function lftps(kind: Kind) {
  const options = kind === "dry" ? ["--dry-run"] : [];
  return [lftpClient("default", options), lftpClient("tuned", options)];
}

function sceneOf(kind: Kind, shape: TreeShape): Scene {
  const grow = (root: string) => growTree(join(root, LIST), treeOf(shape));
  const names = {
    ...{ dry: "mirror, dry run", first: "mirror", again: "mirror of what is equal already" },
    index: "mirror of what is equal already, with an index",
  };
  return {
    name: `${names[kind]}, ${shape.directories} directories`,
    grow: async (source, target) => {
      await grow(source);
      if (isEqual(kind)) await grow(target);
    },
    reset: isEqual(kind) ? async () => undefined : empty,
    differenceOf: async (source, target, counted) => {
      const missed = kind === "first" ? undefined : missedIn(counted, shape);
      return missed ?? (await (kind === "dry" ? contentsOf(target) : differenceOf(source, target)));
    },
    areTimesKept: async (source, target) =>
      kind === "dry" ? undefined : (await timeDifferenceOf(source, target)) === undefined,
  };
}

function isEqual(kind: Kind): boolean {
  return kind === "again" || kind === "index";
}

async function empty(target: string): Promise<void> {
  await clear(target);
  await mkdir(join(target, LIST));
  await chmod(join(target, LIST), 0o777);
}

async function contentsOf(target: string): Promise<string | undefined> {
  const names = await readdir(join(target, LIST));
  return names[0] === undefined ? undefined : `a dry run made ${names[0]}`;
}

/** Who only looks has to list every directory, and may store nothing. */
function missedIn(counted: Counted | undefined, { directories }: TreeShape): string | undefined {
  if (counted === undefined) return undefined;
  const { verbs } = counted;
  const listed = ["MLSD", "LIST", "STAT"].reduce((sum, verb) => sum + (verbs[verb] ?? 0), 0);
  if (listed < directories) return `${listed} listings of ${directories} directories`;
  return verbs["STOR"] === undefined ? undefined : `${verbs["STOR"]} files stored`;
}
