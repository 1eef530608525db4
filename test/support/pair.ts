import type { Transcript } from "../../src/ftp/connection/control-connection.ts";
import type { HostSettings } from "../../src/ftp/settings.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/ftp-side.ts";
import type { Ends } from "../../src/transfer/relay.ts";
import { Route } from "../../src/transfer/route.ts";
import { type Moved, type TransferPolicy, transferFile } from "../../src/transfer/transfer.ts";
import { settingsFor } from "./settings.ts";

type Reachable = Parameters<typeof settingsFor>[1];

export interface Moving {
  readonly source: Reachable;
  readonly target: Reachable;
  /** Pathnames at the source and at the target. */
  readonly from: string;
  readonly to: string;
  readonly policy?: Partial<TransferPolicy>;
  readonly settings?: Partial<HostSettings>;
  readonly transcript?: Transcript;
  readonly signal?: AbortSignal;
}

/** Moves one file between two servers called `source` and `target`, on connections of its own. */
export async function moveOne(moving: Moving): Promise<Moved> {
  const edges = { clock: systemClock, ...(moving.transcript ? { transcript: moving.transcript } : {}) };
  const source = new FtpSide(settingsFor("source", moving.source, moving.settings), edges);
  const target = new FtpSide(settingsFor("target", moving.target, moving.settings), edges);
  const ends: Ends = {
    source: { side: source, path: moving.from },
    target: { side: target, path: moving.to },
  };
  const policy: TransferPolicy = { fxp: "prefer", verify: "size", ...moving.policy };
  try {
    const signal = moving.signal ?? new AbortController().signal;
    return await transferFile(ends, { policy, route: new Route(), nonce: "t" }, signal);
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}
