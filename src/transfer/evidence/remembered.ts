import type { Evidence } from "./evidence.ts";
import { readRoute } from "../move/third-party/route.ts";
import { hostKey, readPipelining } from "../pipelining.ts";
import { readStatus, statusKey } from "../sides/kept-status.ts";
import { readWays, waysKey } from "../sides/kept-ways.ts";

/** All that is remembered of a host, or of two of them in this order. */
export type Remembered =
  | {
      readonly kind: "route";
      readonly source: string;
      readonly target: string;
      readonly evidence: readonly Evidence[];
    }
  | { readonly kind: "host"; readonly host: string; readonly evidence: readonly Evidence[] };

/** `local` is this machine. */
const ROUTE = /^route (\S+@.+?:\d+|local) (\S+@.+:\d+|local)$/;
const HOST = /^(host|status|ways) (\S+@.+:\d+)$/;

/** What a row of the memory tells; undefined where it is about something else. */
export function rememberedIn(key: string, value: unknown, nowMs: number): Remembered | undefined {
  const [, source, target] = ROUTE.exec(key) ?? [];
  if (source !== undefined && target !== undefined)
    return { kind: "route", source, target, evidence: readRoute(value, nowMs) };
  const [, what, host] = HOST.exec(key) ?? [];
  if (host === undefined) return undefined;
  const read = what === "ways" ? evidenceOfWays : what === "status" ? readStatus : readPipelining;
  return { kind: "host", host, evidence: read(value, nowMs) };
}

function evidenceOfWays(value: unknown, nowMs: number): readonly Evidence[] {
  const ways = readWays(value, nowMs).filter(({ counts }) => counts);
  return ways.map(({ way, because, atMs, untilMs }) => {
    const [about, is] = WAYS[way] ?? [way.slice(7), "no answer"];
    return { about, is, because, atMs, untilMs };
  });
}

const WAYS: Readonly<Record<string, readonly [string, string]>> = {
  "tls-first": ["TLS before 150", "yes"],
  "no-rename": ["renaming", "refused"],
  "restart-destroys": ["resuming", "destroys what was there"],
  "names-in-final-form": ["temporary names", "refused"],
  "255-doubled": ["byte 255 in names", "doubled"],
  "255-plain": ["byte 255 in names", "as it is"],
};

/** Under what all that is remembered of one account alone is kept. */
export function keysOfHost(account: string): readonly string[] {
  return [hostKey(account), statusKey(account), waysKey(account)];
}

/** Whether a row is about a way from or to this account. */
export function isRouteOf(key: string, account: string): boolean {
  const [, source, target] = ROUTE.exec(key) ?? [];
  return source === account || target === account;
}
