import type { Place } from "../../src/batch/pool.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
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
