import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, startServers } from "../servers/index.ts";
import type { Client, Site, Task } from "./clients/client.ts";
import type { Ended } from "./process.ts";
import type { Options } from "./options.ts";
import { ControlProxy } from "./proxy.ts";
import type { Row } from "./row.ts";
import { limitFor } from "./rows.ts";
import { listScene, type Scene } from "./scene.ts";
import { stateRoot } from "./state-root.ts";
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
  /** Undefined for a run that was only counted: at no distance a proxy would cost time. */
  readonly seconds: number | undefined;
  readonly wholeSeconds: number | undefined;
  readonly isTimed: boolean;
  readonly processorSeconds: number | undefined;
  /** From the first transfer command to the last one. */
  readonly spreadSeconds: number | undefined;
  /** Undefined where no proxy listened. */
  readonly counted: Omit<Counted, "firstTransferMs" | "lastTransferMs" | "lastCompletionMs"> | undefined;
}

type Told = (run: Run) => void;

/** Starts a row's servers and lets its clients move the files, in turns, as often as there are rounds. */
export async function measureRow(
  row: Row,
  { rounds, stateIn }: Pick<Options, "rounds" | "stateIn">,
  tell: Told,
  signal: AbortSignal,
): Promise<readonly Run[]> {
  const tls = row.isProtected ? "explicit" : "none";
  await using started = await startServers([
    {
      ...{ family: row.source, tls },
      settings: limitOf(row),
    },
    { family: row.target, tls, settings: row.targetSettings ?? [] },
  ]);
  await using proxy = new ControlProxy(row.roundTripMs);
  const [source, target] = started.servers;
  if (source === undefined || target === undefined) throw new Error(`${row.name}: no servers`);
  const work = await mkdtemp(join(tmpdir(), "fxpd-bench-"));
  const states = await mkdtemp(join(stateRoot(stateIn), "fxpd-bench-state-"));
  try {
    const scene = row.scene ?? listScene(row);
    await scene.grow(source.root, target.root);
    const far = { source: await siteOf(source, proxy), target: await siteOf(target, proxy) };
    const near = { source: nearSite(source), target: nearSite(target) };
    const isNear = row.roundTripMs === 0;
    return await takeTurns(row, rounds, tell, (client, isOnlyCounted) => {
      const isDirect = isNear && !isOnlyCounted;
      const stage = { sites: isDirect ? near : far, scene, work, states };
      return runOnce(row, client, isDirect ? stage : { ...stage, proxy }, !isOnlyCounted, signal);
    });
  } finally {
    for (const directory of [work, states]) await rm(directory, { recursive: true, force: true });
  }
}

/** How the source is told what each connection may have. */
function limitOf({ source, bytesPerSecond }: Row): readonly string[] {
  if (bytesPerSecond === undefined) return [];
  return [
    source === "proftpd" ? `TransferRate RETR ${bytesPerSecond / 1_024}` : `anon_max_rate=${bytesPerSecond}`,
  ];
}

/**
 * Before the rounds fxpd runs once with nothing remembered; who hangs is not asked again. At no distance the commands are
 * counted after the rounds, in runs of their own that are not timed.
 */
async function takeTurns(
  row: Row,
  rounds: number,
  tell: Told,
  once: (client: Client, isOnlyCounted: boolean) => Promise<Omit<Run, "client" | "round">>,
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  const add = async (client: Client, round: number, name = client.name) => {
    if (runs.some((run) => run.client === name && run.outcome === "hung")) return;
    const run = { client: name, round, ...(await once(client, false)) };
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
  if (row.roundTripMs > 0) return runs;
  const done = row.clients.filter(
    ({ name }) => !runs.some((run) => run.client === name && run.outcome === "hung"),
  );
  for (const client of done) {
    // Through the proxy the servers have other ports: the first time fxpd knows nothing of them.
    if (client === fxpd) await once(client, true);
    const run = { client: client.name, round: rounds + 1, ...(await once(client, true)) };
    runs.push(run);
    tell(run);
  }
  return runs;
}

interface Stage {
  readonly sites: { readonly source: Site; readonly target: Site };
  readonly scene: Scene;
  /** Undefined where the servers are spoken to directly. */
  readonly proxy?: ControlProxy;
  readonly work: string;
  readonly states: string;
}

async function runOnce(row: Row, client: Client, stage: Stage, isTimed: boolean, signal: AbortSignal) {
  const { sites, scene, proxy, work, states } = stage;
  const directory = join(work, client.name);
  await mkdir(directory, { recursive: true });
  await scene.reset(sites.target.root);
  proxy?.take();
  const { lanes, way } = row;
  const limitMs = client.name.startsWith("fxpd") ? limitFor(row) : (row.limitMs ?? limitFor(row));
  const task: Task = { ...sites, lanes, way, directory, state: join(states, client.name), limitMs };
  const ended = await client.run(task, signal);
  signal.throwIfAborted();
  const counted = proxy && count(proxy.take());
  const judged = await judge(ended, counted, stage);
  const areKept =
    judged.outcome === "verified"
      ? await scene.areTimesKept(sites.source.root, sites.target.root)
      : undefined;
  await scene.reset(sites.target.root);
  return { ...judged, areTimesKept: areKept, isTimed, ...figuresOf(ended, counted, isTimed) };
}

async function judge(
  ended: Ended,
  counted: Counted | undefined,
  { sites: { source, target }, scene }: Stage,
) {
  const found = await scene.differenceOf(source.root, target.root, counted);
  const difference = found?.replaceAll(source.root, "source").replaceAll(target.root, "target");
  const said = (ended.complaint || ended.output).replaceAll(source.password, "***").trim().slice(-300);
  if (ended.how === "hung") return { outcome: "hung", because: difference ?? said } as const;
  if (ended.status !== 0) return { outcome: "failed", because: said || `status ${ended.status}` } as const;
  if (difference !== undefined) return { outcome: "different", because: difference } as const;
  return { outcome: "verified", because: undefined } as const;
}

function figuresOf(ended: Ended, all: Counted | undefined, isTimed: boolean) {
  const { firstTransferMs, lastTransferMs, lastCompletionMs: _, ...counted } = all ?? NOTHING;
  const timed = <T>(value: T) => (isTimed ? value : undefined);
  return {
    seconds: timed(ended.seconds),
    wholeSeconds: timed(ended.seconds),
    processorSeconds: timed(ended.processorSeconds),
    spreadSeconds: timed(secondsBetween(firstTransferMs, lastTransferMs)),
    counted: all && counted,
  };
}

const NOTHING = count([]);

function secondsBetween(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : (to - from) / 1_000;
}

async function siteOf(server: RunningServer, proxy: ControlProxy): Promise<Site> {
  const { user, password, root, home, caFile } = server;
  return { ...(await proxy.before(server)), user, password, root, home, caFile };
}

function nearSite({ address, port, user, password, root, home, caFile }: RunningServer): Site {
  return { address, port, user, password, root, home, caFile };
}
