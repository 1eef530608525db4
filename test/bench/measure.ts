import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, startServers } from "../servers/index.ts";
import type { Client, Site, Task } from "./clients/client.ts";
import type { Ended } from "./process.ts";
import { ControlProxy } from "./proxy.ts";
import type { Row } from "./row.ts";
import { limitFor } from "./rows.ts";
import { listScene, type Scene } from "./scene.ts";
import { type Counted, count } from "./transcript.ts";

/** One client, once. */
export interface Run {
  readonly client: string;
  readonly round: number;
  /** Only `verified` gives figures: it ended with 0, and `diff -r` finds nothing between the trees. */
  readonly outcome: "verified" | "different" | "failed" | "hung";
  readonly because: string | undefined;
  /** Whether the copies have the modification times of their sources; undefined where there are not all copies. */
  readonly areTimesKept: boolean | undefined;
  /** What the row times; undefined where it was not to be seen. */
  readonly seconds: number | undefined;
  readonly wholeSeconds: number;
  readonly processorSeconds: number | undefined;
  /** From the first transfer command to the last one. */
  readonly spreadSeconds: number | undefined;
  readonly counted: Omit<Counted, "firstTransferMs" | "lastTransferMs" | "lastCompletionMs">;
}

type Told = (run: Run) => void;

/** Starts a row's servers and lets its clients move the files, in turns, as often as there are rounds. */
export async function measureRow(
  row: Row,
  rounds: number,
  tell: Told,
  signal: AbortSignal,
): Promise<readonly Run[]> {
  const tls = row.isProtected ? "explicit" : "none";
  await using started = await startServers([
    { family: row.source, tls },
    { family: row.target, tls },
  ]);
  await using proxy = new ControlProxy(row.roundTripMs);
  const [source, target] = started.servers;
  if (source === undefined || target === undefined) throw new Error(`${row.name}: no servers`);
  const work = await mkdtemp(join(tmpdir(), "fxpd-bench-"));
  try {
    const scene = row.scene ?? listScene(row);
    await scene.grow(source.root, target.root);
    const sites = { source: await siteOf(source, proxy), target: await siteOf(target, proxy) };
    return await takeTurns(row, rounds, tell, (client) =>
      runOnce(row, client, { sites, scene, proxy, work }, signal),
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Before the rounds fxpd runs once with nothing remembered; who hangs is not asked again. */
async function takeTurns(
  row: Row,
  rounds: number,
  tell: Told,
  once: (client: Client) => Promise<Omit<Run, "client" | "round">>,
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  const add = async (client: Client, round: number, name = client.name) => {
    if (runs.some((run) => run.client === name && run.outcome === "hung")) return;
    const run = { client: name, round, ...(await once(client)) };
    runs.push(run);
    tell(run);
  };
  const fxpd = row.clients.find(({ name }) => name === "fxpd");
  if (fxpd !== undefined) await add(fxpd, 0, `${fxpd.name}, cold`);
  for (let round = 1; round <= rounds; round += 1) {
    const first = (round - 1) % row.clients.length;
    for (const client of [...row.clients.slice(first), ...row.clients.slice(0, first)]) {
      await add(client, round);
    }
  }
  return runs;
}

interface Stage {
  readonly sites: { readonly source: Site; readonly target: Site };
  readonly scene: Scene;
  readonly proxy: ControlProxy;
  readonly work: string;
}

async function runOnce(row: Row, client: Client, stage: Stage, signal: AbortSignal) {
  const { sites, scene, proxy, work } = stage;
  const directory = join(work, client.name);
  await mkdir(directory, { recursive: true });
  await scene.reset(sites.target.root);
  proxy.take();
  const { lanes, way } = row;
  const task: Task = { ...sites, lanes, way, directory, limitMs: limitFor(row) };
  const ended = await client.run(task, signal);
  signal.throwIfAborted();
  const counted = count(proxy.take());
  const judged = await judge(ended, counted, stage);
  const areKept =
    judged.outcome === "verified"
      ? await scene.areTimesKept(sites.source.root, sites.target.root)
      : undefined;
  await scene.reset(sites.target.root);
  return { ...judged, areTimesKept: areKept, ...figuresOf(row, ended, counted) };
}

async function judge(ended: Ended, counted: Counted, { sites: { source, target }, scene }: Stage) {
  const difference = await scene.differenceOf(source.root, target.root, counted);
  const said = (ended.complaint || ended.output).replaceAll(source.password, "***").trim().slice(-300);
  if (ended.how === "hung") return { outcome: "hung", because: difference ?? said } as const;
  if (ended.status !== 0) return { outcome: "failed", because: said || `status ${ended.status}` } as const;
  if (difference !== undefined) return { outcome: "different", because: difference } as const;
  return { outcome: "verified", because: undefined } as const;
}

function figuresOf(row: Row, ended: Ended, all: Counted) {
  const { firstTransferMs, lastTransferMs, lastCompletionMs, ...counted } = all;
  const seconds = {
    whole: ended.seconds,
    moving: secondsBetween(firstTransferMs, lastCompletionMs),
    "start-up": secondsBetween(ended.startedMs, firstTransferMs),
  };
  return {
    seconds: seconds[row.timed],
    wholeSeconds: ended.seconds,
    processorSeconds: ended.processorSeconds,
    spreadSeconds: secondsBetween(firstTransferMs, lastTransferMs),
    counted,
  };
}

function secondsBetween(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : (to - from) / 1_000;
}

async function siteOf(server: RunningServer, proxy: ControlProxy): Promise<Site> {
  const { user, password, root, home, caFile } = server;
  return { ...(await proxy.before(server)), user, password, root, home, caFile };
}
