import type { Transferred } from "../../console/effects.ts";
import type { Clock } from "../../shared/clock.ts";
import { accountKey } from "../../ftp/settings.ts";
import type { Ledger } from "../../transfer/ledger.ts";
import type { Memory } from "../../transfer/memory.ts";
import type { Ends } from "../../transfer/move/relay.ts";
import { FtpSide } from "../../transfer/sides/ftp-side.ts";
import { Route, routeKey } from "../../transfer/move/third-party/route.ts";
import type { RateLimit } from "../../transfer/rate-limit.ts";
import type { FileFacts } from "../../transfer/sides/side.ts";
import { AppError } from "../../shared/errors.ts";
import { transferFile } from "../../transfer/file-transfer.ts";
import type { ProgressListener } from "./raw.ts";

export interface WholeDeps {
  readonly clock: Clock;
  /** What outlives the session; asked for when the first file is moved. */
  readonly lasting: () => Promise<{ readonly memory: Memory; readonly ledger: Ledger }>;
  /** How fast bytes may move; absent: no limit. */
  readonly rate?: RateLimit | undefined;
  /** Whether a person watches how much of the file is left: the source is then asked for its size first. */
  readonly isWatched?: boolean;
}

/** Moves one file by the engine: to a temporary name, verified, resumed where that is proven, then named. */
export async function performTransfer(
  ends: Ends,
  preserveTimes: boolean,
  { clock, lasting, rate, isWatched = false }: WholeDeps,
  progress: ProgressListener,
  signal: AbortSignal,
): Promise<Transferred> {
  const began = performance.now();
  const { memory, ledger } = await lasting();
  const key = (side: unknown) => (side instanceof FtpSide ? accountKey(side.host) : "local");
  const route = await Route.recall(routeKey(key(ends.source.side), key(ends.target.side)), memory, clock);
  const policy = { fxp: "prefer", verify: "size", resume: "readback", preserveTimes } as const;
  const spare = spareOf(ends.target.side, clock);
  try {
    const look = spare === undefined ? {} : { look: looking(spare) };
    const listed = isWatched ? await sizeOf(ends.source, signal) : undefined;
    const seen = (bytes: number) => progress(bytes, listed?.sizeBytes);
    const context = { policy, route, ledger, clock, progress: seen, listed, rate, ...look };
    const moved = await transferFile(ends, context, signal);
    const areServers = ends.source.side instanceof FtpSide && ends.target.side instanceof FtpSide;
    return {
      bytes: moved.bytes,
      seconds: (performance.now() - began) / 1_000,
      ...(areServers ? { because: moved.because } : {}),
      ...(areServers && moved.by !== null ? { by: moved.by } : {}),
    };
  } finally {
    await spare?.close();
    await route.settled();
  }
}

/** What the source says of the file; a source that says nothing is asked again by the transfer, which reports it. */
async function sizeOf({ side, path }: Ends["source"], signal: AbortSignal): Promise<FileFacts | undefined> {
  try {
    return await side.facts(path, signal);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Another connection to a target that is written to from elsewhere: how the file grows is seen there. */
function spareOf(target: unknown, clock: Clock): FtpSide | undefined {
  return target instanceof FtpSide ? new FtpSide(target.host, { clock }) : undefined;
}

function looking(side: FtpSide) {
  return async (path: string, signal: AbortSignal): Promise<number | undefined> => {
    const facts = await side.facts(path, signal).catch(() => null);
    return facts === null ? undefined : facts === undefined ? 0 : facts.sizeBytes;
  };
}
