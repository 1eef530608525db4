import { DaemonFile } from "../../src/config/schema/daemon.ts";
import { type Channel, channelsOf } from "../../src/orchestrator/notify/channel.ts";
import type { Notice } from "../../src/orchestrator/notify/notice.ts";
import { systemClock } from "../../src/shared/clock.ts";

/** The secret of every channel. */
export const SECRET = "correct horse";
export const NEVER = new AbortController().signal;

export const notice: Notice = {
  id: "run nightly_1",
  occasion: "partial",
  job: "nightly",
  run: "nightly_1",
  atMs: Date.parse("2026-11-21T02:15:00Z"),
  because: "1000 files failed",
  files: { copied: 5, kept: 0, deleted: 0, skipped: 0, failed: 1_000 },
  causes: [
    {
      because: "edge: STOR …: 452 Insufficient storage space",
      count: 1_000,
      first: [{ path: "archive:/a", because: "edge: STOR /a: 452 Insufficient storage space" }],
    },
  ],
  otherFailures: 0,
};

/** The first channel of these settings. */
export function channel(notifications: object): Channel {
  const value = DaemonFile.parse({ notifications });
  const daemon = { file: "daemon.yaml", value, dataDirectory: "/", secret: () => Promise.resolve(SECRET) };
  const [first] = channelsOf(daemon, systemClock);
  if (first === undefined) throw new Error("no channel");
  return first;
}
