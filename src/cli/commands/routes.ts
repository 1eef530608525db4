import { hostSettings } from "../../config/load/load-host.ts";
import { accountKey } from "../../ftp/settings.ts";
import { openInstallation } from "../../orchestrator/installation.ts";
import { type Clock, systemClock } from "../../shared/clock.ts";
import { ConfigError, messageOf } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { jsonText, printable } from "../../shared/printable.ts";
import { formatDuration } from "../../shared/units.ts";
import { stateDirectory } from "../../state/directory.ts";
import { fileMemory } from "../../state/memory.ts";
import type { LastingMemory } from "../../transfer/memory.ts";
import type { Evidence } from "../../transfer/evidence/evidence.ts";
import { routeKey } from "../../transfer/move/third-party/route.ts";
import { isRouteOf, keysOfHost, type Remembered, rememberedIn } from "../../transfer/evidence/remembered.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { EXIT, statusOfError } from "../process/exit.ts";
import { serverLocation } from "../server-location.ts";

interface RoutesOptions extends CommonOptions {
  readonly forget?: boolean;
}

/** Where something is remembered: this user's files, or the Redis that workers share. */
interface Store {
  readonly where: "files" | "redis";
  readonly memory: LastingMemory;
  /** The clock for its times. */
  readonly clock: Pick<Clock, "now">;
}

/** `fxpd routes [HOST [TARGET]]`: what is remembered of hosts and of pairs of them; with `--forget` it is dropped. */
export async function routesCommand(hosts: readonly string[], given: RoutesOptions): Promise<number> {
  try {
    const accounts: string[] = [];
    for (const host of hosts) accounts.push(await accountOf(host, given));
    if (given.forget === true && accounts.length === 0)
      throw new ConfigError("name a host, or a source and a target", "--forget");
    const memory = fileMemory(stateDirectory(process.env));
    const files: Store = { where: "files", memory, clock: systemClock };
    return await withRedis(given, async (redis) => {
      const stores = redis === undefined ? [files] : [files, redis];
      let count = 0;
      for (const store of stores)
        count += await (given.forget === true ? forget : show)(store, accounts, given);
      if (count === 0 && given.json !== true && given.quiet !== true)
        process.stderr.write(
          `fxpd: nothing has been learned${hosts.length === 0 ? " yet" : ` about ${printable(hosts.join(" → "))}`}\n`,
        );
      return EXIT.done;
    });
  } catch (error) {
    process.stderr.write(`fxpd: ${printable(messageOf(error))}\n`);
    return statusOfError(error);
  }
}

async function accountOf(text: string, given: RoutesOptions): Promise<string> {
  return accountKey(await hostSettings(serverLocation(text), directoriesOf(given), {}));
}

/** Where no Redis can be reached, no worker of this installation remembers anything that could be shown. */
async function withRedis(
  given: RoutesOptions,
  act: (redis: Store | undefined) => Promise<number>,
): Promise<number> {
  const options = { whenAway: "fail", tell: () => {}, starts: false } as const;
  const installation = await openInstallation(directoriesOf(given), options).catch((error: unknown) => {
    if (error instanceof ConfigError) throw error;
    return undefined;
  });
  if (installation === undefined) return act(undefined);
  await using opened = installation;
  return await act({ where: "redis", memory: opened.kv.memory(), clock: opened.clock });
}

/** @returns how many hosts and pairs there are */
async function show(
  { where, memory, clock }: Store,
  accounts: readonly string[],
  given: RoutesOptions,
): Promise<number> {
  const nowMs = clock.now();
  const found = (await memory.entries()).flatMap(({ key, value }) => rememberedIn(key, value, nowMs) ?? []);
  const wanted = found.filter((one) => one.evidence.length > 0 && isAbout(one, accounts));
  for (const one of wanted.toSorted((a, b) => (titleOf(a) < titleOf(b) ? -1 : 1)))
    if (given.json === true)
      writeLine(jsonText({ event: one.kind, at: isoTime(nowMs), where, ...shown(one) }));
    else if (given.quiet !== true) showTable(one, where, nowMs);
  return wanted.length;
}

/** One account: all that it is in; two: the way from the first to the second, and both hosts. */
function isAbout(one: Remembered, [source, target]: readonly string[]): boolean {
  if (source === undefined) return true;
  if (one.kind === "host") return one.host === source || one.host === target;
  if (target === undefined) return one.source === source || one.target === source;
  return one.source === source && one.target === target;
}

function titleOf(one: Remembered): string {
  return one.kind === "host" ? one.host : `${one.source} → ${one.target}`;
}

function shown({ kind: _, evidence, ...about }: Remembered): object {
  const time = (ms: number | null) => (ms === null ? null : isoTime(ms));
  return {
    ...about,
    evidence: evidence.map(({ atMs, untilMs, ...one }) => ({
      ...one,
      since: time(atMs),
      until: time(untilMs),
    })),
  };
}

function showTable(one: Remembered, where: Store["where"], nowMs: number): void {
  writeLine(printable(`${titleOf(one)}${where === "redis" ? " (daemon)" : ""}`));
  for (const evidence of one.evidence) writeLine(printable(`  ${lineOf(evidence, nowMs)}`));
}

function lineOf({ about, is, because, atMs, untilMs }: Evidence, nowMs: number): string {
  const ago = atMs === null ? "" : ` ${formatDuration(Math.max(0, nowMs - atMs))} ago`;
  const until = untilMs === null ? "" : `, until ${isoTime(untilMs)}`;
  return `${about.padEnd(26)} ${is}${ago}${until}${because === null ? "" : `: ${because}`}`;
}

/** @returns how many entries were dropped */
async function forget(
  { where, memory, clock }: Store,
  accounts: readonly string[],
  given: RoutesOptions,
): Promise<number> {
  const [source, target] = accounts;
  if (source === undefined) return 0;
  const entries = await memory.entries();
  const dropped = entries
    .map(({ key }) => key)
    .filter((key) =>
      target === undefined
        ? isRouteOf(key, source) || keysOfHost(source).includes(key)
        : key === routeKey(source, target),
    );
  for (const key of dropped) {
    await memory.forget(key);
    if (given.json === true)
      writeLine(jsonText({ event: "forgotten", at: isoTime(clock.now()), where, key }));
    else if (given.quiet !== true)
      writeLine(printable(`forgotten: ${key}${where === "redis" ? " (daemon)" : ""}`));
  }
  return dropped.length;
}

function writeLine(text: string): void {
  process.stdout.write(`${text}\n`);
}
