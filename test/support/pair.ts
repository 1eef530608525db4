import type { Transcript } from "../../src/ftp/connection/transcript.ts";
import type { HostSettings } from "../../src/ftp/settings.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { type Ledger, memoryLedger } from "../../src/transfer/ledger.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import type { Ends } from "../../src/transfer/move/relay.ts";
import { Route } from "../../src/transfer/move/third-party/route.ts";
import type { FileFacts } from "../../src/transfer/sides/side.ts";
import type { Moved, TransferPolicy } from "../../src/transfer/policy.ts";
import { transferFile } from "../../src/transfer/file-transfer.ts";
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
  /** What is said of one of them only. */
  readonly each?: Readonly<Partial<Record<"source" | "target", Partial<HostSettings>>>>;
  readonly route?: Route;
  readonly ledger?: Ledger;
  /** What a listing said of the source. */
  readonly listed?: FileFacts;
  readonly transcript?: Transcript;
  readonly signal?: AbortSignal;
}

/** What a transfer is made with where a test says nothing else. */
export const POLICY: TransferPolicy = {
  fxp: "prefer",
  verify: "size",
  resume: "record",
  preserveTimes: false,
};

/** A route of which nothing is known. */
export const newRoute = () => Route.recall("", shortMemory(), systemClock);

/** Moves one file between two servers called `source` and `target`, on connections of its own. */
export async function moveOne(moving: Moving): Promise<Moved> {
  const [moved] = await moveInTurn(moving, [moving]);
  if (moved === undefined) throw new RangeError("expected a file");
  return moved;
}

/** Moves files one after the other on the same two connections. */
export async function moveInTurn(
  moving: Omit<Moving, "from" | "to">,
  files: readonly Pick<Moving, "from" | "to">[],
): Promise<readonly Moved[]> {
  const deps = { clock: systemClock, ...(moving.transcript ? { transcript: moving.transcript } : {}) };
  const settings = (role: "source" | "target") => ({ ...moving.settings, ...moving.each?.[role] });
  const source = new FtpSide(settingsFor("source", moving.source, settings("source")), deps);
  const target = new FtpSide(settingsFor("target", moving.target, settings("target")), deps);
  const context = {
    policy: { ...POLICY, ...moving.policy },
    route: moving.route ?? (await newRoute()),
    ledger: moving.ledger ?? memoryLedger("t"),
    clock: systemClock,
    ...(moving.listed === undefined ? {} : { listed: moving.listed }),
  };
  const moved: Moved[] = [];
  try {
    for (const { from, to } of files) {
      const ends: Ends = { source: { side: source, path: from }, target: { side: target, path: to } };
      moved.push(await transferFile(ends, context, moving.signal ?? new AbortController().signal));
    }
    return moved;
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}
