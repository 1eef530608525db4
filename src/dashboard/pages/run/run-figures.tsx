import type { RunView } from "../../../api/views/schemas.ts";
import { bytes, count, duration, instant } from "../../format.ts";
import { movedBytes, progressOf } from "../../state/model.ts";
import { Progress } from "../../parts.tsx";

export function Figures({
  run,
  rate,
  now,
}: {
  readonly run: RunView;
  readonly rate: number | undefined;
  readonly now: number;
}) {
  const { files, bytes: ways, planned, startedAt, endedAt } = run;
  const moved = movedBytes(run);
  const left = planned.bytes - moved - ways.resumed;
  const seconds =
    startedAt === undefined
      ? undefined
      : ((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt)) / 1_000;
  const average = seconds === undefined || seconds < 0.1 ? undefined : moved / seconds;
  const rows: readonly (readonly [string, string])[] = [
    ["Moved", planned.bytes > 0 ? `${bytes(moved)} of ${bytes(planned.bytes)}` : bytes(moved)],
    [
      run.state === "running" ? "Rate" : "Average",
      run.state === "running"
        ? rate === undefined
          ? "–"
          : `${bytes(rate)}/s`
        : average === undefined
          ? "–"
          : `${bytes(average)}/s`,
    ],
    ...(run.state === "ended"
      ? []
      : [["Time left", rate !== undefined && rate > 0 && left > 0 ? duration(left / rate) : "–"] as const]),
    ["Took", seconds === undefined ? "–" : duration(Math.max(0, seconds))],
    ["Copied", `${count(files.copied)} of ${count(planned.files)}`],
    ["Kept", count(files.kept)],
    ["Deleted", count(files.deleted)],
    ["Skipped", count(files.skipped)],
    ["Failed", count(files.failed)],
    ["Retries", count(run.retries)],
    ["Server to server", bytes(ways.thirdParty)],
    ["Through workers", bytes(ways.relayed)],
    ["Resumed", bytes(ways.resumed)],
    ["Asked for", `${instant(run.createdAt)}, ${run.requestedBecause}`],
  ];
  return (
    <section aria-label="Progress">
      {run.because === undefined ? null : <p class="because">{run.because}</p>}
      {run.state === "ended" ? null : <Progress share={progressOf(run)} label="progress of the run" />}
      <dl class="figures-list">
        {rows.map(([name, value]) => (
          <div
            key={name}
            class={name === "Asked for" ? "wide" : name === "Failed" && files.failed > 0 ? "bad" : ""}
          >
            <dt>{name}</dt>
            <dd data-name={name} {...(name === "Moved" ? { "data-bytes": moved } : {})}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
