import { useEffect, useRef } from "preact/hooks";
import type { HistoryDayView, HistoryView } from "../../api/views/history-schemas.ts";
import type { JobView } from "../../api/views/schemas.ts";
import type { PageProps } from "../page-props.ts";
import { Chart, filled } from "../chart.tsx";
import { post } from "../state/client.ts";
import { bytes, count, duration, instant, many } from "../format.ts";
import { movedBytes, runStateOf } from "../state/model.ts";
import { Act } from "../act.tsx";
import {
  Badge,
  Cell,
  Due,
  Facts,
  FaultMessage,
  Head,
  NotFound,
  Rows,
  Time,
  useIsNarrow,
  Placeholder,
} from "../parts.tsx";
import { useGet, useNow } from "../state/store.ts";
import { hrefOf } from "../state/route.ts";

interface Answer {
  readonly runs: readonly HistoryView[];
  readonly days: readonly HistoryDayView[];
}

const COLUMNS = [
  ["when", "Ended"],
  ["state", "Outcome"],
  ["took", "Duration"],
  ["moved", "Copied"],
  ["size", "Size"],
  ["cause", "Cause"],
] as const;

export function JobPage({ name, store, mayOperate }: PageProps & { readonly name: string }) {
  const path = `jobs/${encodeURIComponent(name)}`;
  const now = useNow();
  const isNarrow = useIsNarrow();
  const { value, fault } = useGet<Answer>(`${path}/history?runs=2000&days=90`, 30_000);
  const detail = useGet<JobView & { readonly document: unknown }>(path, 30_000);
  const isListed = store.jobs.has(name);
  const wasListed = useRef(isListed);
  useEffect(() => {
    if (wasListed.current && !isListed) detail.again();
    wasListed.current = isListed;
  }, [isListed]);
  const isGone = detail.fault?.status === 404 && !isListed;
  const job = store.jobs.get(name) ?? (isGone ? undefined : detail.value);
  const runs = value?.runs ?? [];
  const days = value?.days ?? [];
  const points = days.map(({ day, bytes: value }) => ({ at: Date.parse(day) / 1_000, value }));
  const known = points.length === 0 ? 0 : Math.ceil((now / 1_000 - (points[0]?.at ?? 0)) / 86_400) + 1;
  const bars = filled(points, 86_400, Math.min(90, Math.max(21, known)), now / 1_000);
  const open = store.running.filter((run) => run.job === name);
  if (isGone && runs.length === 0)
    return (
      <NotFound>
        There is no job <code>{name}</code> in jobs/.
      </NotFound>
    );
  return (
    <>
      <div class="bar title">
        <h1>
          {name} {job?.stale === true ? <Badge state="stale" /> : null}{" "}
          {job?.paused === true ? <Badge state="paused" /> : null}
        </h1>
        {mayOperate && job !== undefined ? (
          <div class="acts">
            <Act act={() => post("runs", { job: name })}>Run now</Act>
            {job.schedule === undefined ? null : (
              <Act act={() => post(`${path}/${job.paused ? "resume" : "pause"}`)}>
                {job.paused ? "Resume schedule" : "Pause schedule"}
              </Act>
            )}
          </div>
        ) : null}
      </div>
      <FaultMessage fault={fault} />
      {isGone ? (
        <p class="because warn" role="status">
          The job {name} is no longer in jobs/. The history of its runs is kept.
        </p>
      ) : null}
      {job === undefined ? null : <About job={job} now={now} />}
      {open.map((run) => (
        <p key={run.id}>
          <a href={hrefOf("run", run.id)}>{run.id}</a> <Badge state={runStateOf(run)} />
        </p>
      ))}
      {days.length === 0 ? null : (
        <section aria-labelledby="days">
          <h2 id="days">Bytes per day</h2>
          <Chart
            label={`bytes per day on ${days.length} days, ${bytes(days.at(-1)?.bytes ?? 0)} on the latest day`}
            times={bars.times}
            series={[{ label: "bytes", colour: "--accent", isBars: true, values: bars.values }]}
          />
        </section>
      )}
      <section aria-labelledby="runs">
        <div class="bar">
          <h2 id="runs">Runs</h2>
          {runs.length === 0 ? null : <p class="muted">{many(runs.length, "run")} kept</p>}
        </div>
        {runs.length === 0 ? (
          <Placeholder from={{ value, fault }}>No run has ended yet.</Placeholder>
        ) : (
          <Rows
            label="Runs"
            items={runs}
            usualHeight={isNarrow ? 76 : 34}
            keyOf={({ run }) => run}
            head={<Head names={COLUMNS} />}
            row={(run) => (
              <>
                <Cell name="when">
                  <a href={hrefOf("run", run.run)}>{instant(run.endedAt)}</a>
                </Cell>
                <Cell name="state">
                  <Badge state={run.outcome} />
                </Cell>
                <Cell name="took">{run.seconds === undefined ? "–" : duration(run.seconds)}</Cell>
                <Cell name="moved">
                  {many(run.files.copied, "file")}
                  {run.files.failed > 0 ? `, ${count(run.files.failed)} failed` : ""}
                </Cell>
                <Cell name="size">{bytes(movedBytes(run))}</Cell>
                <Cell name="cause">
                  <span title={run.cause ?? ""}>{run.cause ?? ""}</span>
                </Cell>
              </>
            )}
          />
        )}
      </section>
      {detail.value === undefined || isGone ? null : (
        <details>
          <summary>Job file</summary>
          <pre tabIndex={0}>{JSON.stringify(detail.value.document, null, 2)}</pre>
        </details>
      )}
    </>
  );
}

function About({ job, now }: { readonly job: JobView; readonly now: number }) {
  const schedule = job.schedule as
    | { readonly cron?: string; readonly timeZone?: string; readonly only?: string | readonly string[] }
    | undefined;
  const zone = schedule?.timeZone ?? "UTC";
  const only = [schedule?.only ?? []].flat().join(", ");
  const follows = (job.after as { readonly job?: string } | undefined)?.job;
  return (
    <div class="facts-row">
      <Facts
        label={job.kind === "mirror" ? "Mirror" : "Copy"}
        rows={[
          ["From", <code>{job.from.join(", ")}</code>],
          ["To", <code>{job.to}</code>],
          ["Priority", job.priority],
        ]}
      />
      <Facts
        label="Schedule"
        rows={[
          ["Due", schedule?.cron === undefined ? "on request" : <code>{schedule.cron}</code>],
          ...(schedule === undefined ? [] : [["Time zone", zone] as const]),
          ...(only === "" ? [] : [["Only", only] as const]),
          ...(follows === undefined
            ? []
            : [["After", <a href={hrefOf("job", follows)}>{follows}</a>] as const]),
          ["Next", job.next === undefined ? "–" : <Due at={job.next.startAt} now={now} zone={zone} />],
        ]}
      />
      <Facts
        label="History"
        rows={[
          [
            "Last success",
            job.lastGoodAt === undefined ? "never" : <Time at={job.lastGoodAt} now={now} zone={zone} />,
          ],
          [
            "Last run",
            job.lastRun === undefined ? (
              "never"
            ) : (
              <a href={hrefOf("run", job.lastRun.id)}>
                <Time at={job.lastRun.endedAt} now={now} zone={zone} />
              </a>
            ),
          ],
          ...(job.staleAt === undefined
            ? []
            : [["Stale", <Time at={job.staleAt} now={now} zone={zone} />] as const]),
        ]}
      />
    </div>
  );
}
