import type { Place } from "../../src/batch/pool.ts";
import type { CopyRequest } from "../../src/copy/request.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { POLICY } from "./pair.ts";
import { type ScriptedServer } from "./scripted-server.ts";
import { settingsFor } from "./settings.ts";

export const signal = new AbortController().signal;
export const timeouts = {
  connectMs: 2_000,
  replyMs: 800,
  stallMs: 400,
  idleMs: 60_000,
  minimumBytesPerSecond: 10_000,
};

export function placeOf(name: string, server: ScriptedServer, limit: number, times = timeouts): Place {
  const connect = () => new FtpSide(settingsFor(name, server, { timeouts: times }), { clock: systemClock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit };
}

/** Copies `/file` of one server to `/copy` of another, and tries nothing twice. */
export function copyOfOne(source: Place, target: Place, fxp: CopyRequest["transfer"]["fxp"]): CopyRequest {
  return {
    sources: [{ place: source, pattern: parsePattern("/file"), shown: "source:/file" }],
    target: { place: target, path: "/copy", shown: "target:/copy" },
    isWanted: () => true,
    onExists: "overwrite",
    parallel: 1,
    transfer: { ...POLICY, fxp },
    retries: 0,
    dryRun: false,
  };
}
