import type { RunView } from "../../../api/views/schemas.ts";
import { bytes, count, duration, instant } from "../../format.ts";
import { movedBytes, progressOf } from "../../state/model.ts";
import { Facts, ProgressBar } from "../../parts.tsx";

interface FiguresProps {
  readonly run: RunView;
  readonly rate: number | undefined;
  readonly now: number;
}

export function RunFigures({ run, rate, now }: FiguresProps) {
  return (
    <section aria-label="Progress">
      {run.because === undefined ? null : (
        <p class={`because ${run.outcome === "cancelled" || run.outcome === "succeeded" ? "quiet" : ""}`}>
          {run.because}
        </p>
      )}
      <Headline run={run} rate={rate} now={now} />
    </section>
  );
}

/** All that is counted, and when the run began and ended. */
export function RunCounters({ run }: { readonly run: RunView }) {
  const { files, bytes: ways, planned } = run;
  return (
    <section class="facts-row" aria-label="Counts">
      <Facts
        label="Files"
        rows={[
          ["Copied", `${count(files.copied)} of ${count(planned.files)}`],
          ["Kept", count(files.kept)],
          ["Deleted", count(files.deleted)],
          ["Skipped", count(files.skipped)],
          ["Failed", count(files.failed), files.failed > 0 ? "bad" : ""],
        ]}
      />
      <Facts
        label="Bytes"
        rows={[
          ["Server to server", bytes(ways.thirdParty)],
          ["Through workers", bytes(ways.relayed)],
          ["Within a server", bytes(ways.serverSide)],
          ["Already there", bytes(ways.resumed)],
          ["In flight", bytes(run.inFlight?.bytes ?? 0)],
        ]}
      />
      <Facts
        label="Run"
        rows={[
          ["Requested", instant(run.createdAt)],
          ["Reason", run.requestedBecause],
          ["Started", run.startedAt === undefined ? "–" : instant(run.startedAt)],
          run.endedAt === undefined ? ["Times started", count(run.begun)] : ["Ended", instant(run.endedAt)],
          ["File retries", count(run.retries)],
        ]}
      />
    </section>
  );
}

/** The one figure that is looked for first, and what belongs to it. */
function Headline({ run, rate, now }: FiguresProps) {
  const { planned, startedAt, endedAt } = run;
  const moved = movedBytes(run);
  const left = planned.bytes - moved - run.bytes.resumed;
  const isOver = run.state === "ended";
  const share = progressOf(run);
  const endMs = endedAt === undefined ? now : Date.parse(endedAt);
  const seconds = startedAt === undefined ? undefined : Math.max(0, endMs - Date.parse(startedAt)) / 1_000;
  const average = seconds === undefined || seconds < 0.1 ? undefined : moved / seconds;
  const speed = isOver ? average : rate;
  const rows: readonly (readonly [string, string])[] = [
    [isOver ? "Average" : "Rate", speed === undefined ? "–" : `${bytes(speed)}/s`],
    [isOver ? "Duration" : "Running for", seconds === undefined ? "–" : duration(seconds)],
    ...(isOver
      ? []
      : [["Time left", rate !== undefined && rate > 0 && left > 0 ? duration(left / rate) : "–"] as const]),
  ];
  return (
    <div class="card headline">
      <dl>
        <div class="moved">
          <dt>Moved</dt>
          <dd data-name="Moved" data-bytes={moved}>
            <strong>{bytes(moved)}</strong>
            {planned.bytes > 0 ? <span class="muted"> of {bytes(planned.bytes)}</span> : null}
            {share === undefined || isOver ? null : <span class="muted"> · {Math.floor(share * 100)} %</span>}
          </dd>
        </div>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd data-name={name}>{value}</dd>
          </div>
        ))}
      </dl>
      {isOver ? null : <ProgressBar share={share} label="progress of the run" />}
    </div>
  );
}
