import { useMemo, useState } from "preact/hooks";
import type { RunView } from "../../api/views/schemas.ts";
import type { PageProps } from "../page-props.ts";
import { post } from "../state/client.ts";
import { bytes, count, duration, many } from "../format.ts";
import { type JobRow, jobRows, movedBytes, progressOf, runStateOf } from "../state/model.ts";
import { Act } from "../act.tsx";
import { Badge, Cell, Due, Empty, Head, ProgressBar, Rows, Spark, Time, useIsNarrow } from "../parts.tsx";
import { useNow } from "../state/store.ts";
import { hrefOf } from "../state/route.ts";

export function Overview({ store, mayOperate }: PageProps) {
  const [query, setQuery] = useState(store.query);
  const now = useNow();
  const isNarrow = useIsNarrow();
  const { running } = store;
  const runningOf = useMemo(() => new Map([...running].reverse().map((run) => [run.job, run])), [running]);
  const rows = jobRows(store.jobs.values(), runningOf, query);
  const counts = new Map<string, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return (
    <>
      <h1 class="hidden">Overview</h1>
      <section aria-labelledby="now">
        <h2 id="now">Running now</h2>
        {running.length === 0 ? <Empty>Nothing is running.</Empty> : null}
        <ul class="strip">
          {running.slice(0, 12).map((run) => (
            <RunningRun key={run.id} run={run} rate={store.rate(run.id)} />
          ))}
        </ul>
        {running.length > 12 ? (
          <p class="muted">{many(running.length - 12, "more run")} queued or running.</p>
        ) : null}
      </section>
      <section aria-labelledby="jobs">
        <div class="bar">
          <h2 id="jobs">Jobs</h2>
          <p class="muted" role="status">
            {many(rows.length, "job")}
            {["stale", "failing"].flatMap((state) => {
              const found = counts.get(state);
              return found === undefined ? [] : [`, ${found} ${state}`];
            })}
          </p>
          <input
            type="search"
            placeholder="Filter by name, host, state"
            aria-label="Filter jobs"
            value={query}
            onInput={({ currentTarget: { value } }) => setQuery((store.query = value))}
          />
        </div>
        {rows.length === 0 ? (
          <Empty>
            {store.isLoaded
              ? query === ""
                ? "There are no jobs in jobs/."
                : "No job matches the filter."
              : "Loading…"}
          </Empty>
        ) : (
          <Rows
            label="Jobs"
            items={rows}
            usualHeight={isNarrow ? 132 : 52}
            keyOf={({ job }) => job.name}
            head={<Head names={mayOperate ? COLUMNS : COLUMNS.slice(0, -1)} />}
            row={(row) => <Job row={row} now={now} store={store} mayOperate={mayOperate} />}
          />
        )}
      </section>
    </>
  );
}

const COLUMNS = [
  ["name", "Job"],
  ["state", "State"],
  ["good", "Last success"],
  ["next", "Next due"],
  ["took", "Durations"],
  ["moved", "Last run"],
  ["cause", "What failed"],
  ["act", "Actions"],
] as const;

function Job({ row, now, store, mayOperate }: { readonly row: JobRow; readonly now: number } & PageProps) {
  const { job, state, running } = row;
  const history = store.history.get(job.name) ?? [];
  const [last] = history;
  const zone = (job.schedule as { readonly timeZone?: string } | undefined)?.timeZone ?? "UTC";
  const failed = last !== undefined && last.outcome !== "succeeded" ? last : undefined;
  const moved = last === undefined ? 0 : movedBytes(last);
  return (
    <>
      <Cell name="name">
        <a href={hrefOf("job", job.name)}>{job.name}</a>
        <span class="muted route" title={`${job.from.join(", ")} → ${job.to}`}>
          {job.from.join(", ")} → {job.to}
        </span>
      </Cell>
      <Cell name="state">
        <Badge state={state} />
        {running !== undefined && state !== "running" ? <Badge state={runStateOf(running)} /> : null}
      </Cell>
      <Cell name="good" label="success">
        {job.lastGoodAt === undefined ? "never" : <Time at={job.lastGoodAt} now={now} zone={zone} />}
      </Cell>
      <Cell name="next" label="next">
        {job.paused ? (
          "paused"
        ) : job.next === undefined ? (
          "–"
        ) : (
          <Due at={job.next.startAt} now={now} zone={zone} />
        )}
      </Cell>
      <Cell name="took">
        <Spark runs={history} />
      </Cell>
      <Cell name="moved">
        {last === undefined && job.lastRun !== undefined ? (
          // Its history comes later than the job itself, or not at all while Redis is away.
          <a
            href={hrefOf("run", job.lastRun.id)}
            aria-label={`${job.lastRun.outcome}: last run of ${job.name}`}
          >
            {job.lastRun.outcome}
          </a>
        ) : last === undefined ? (
          <span class="none-yet">–</span>
        ) : (
          <a
            href={hrefOf("run", last.run)}
            aria-label={`${many(last.files.copied, "file")} ${bytes(moved)}: last run of ${job.name}`}
          >
            {many(last.files.copied, "file")} <span class="second">{bytes(moved)}</span>
          </a>
        )}
      </Cell>
      <Cell name="cause">
        {failed === undefined ? null : (
          <span class={`cause-text ${failed.outcome}`} title={failed.cause ?? failed.outcome}>
            {failed.files.failed > 0 ? `${count(failed.files.failed)} failed: ` : ""}
            {failed.cause ?? failed.outcome}
          </span>
        )}
      </Cell>
      {mayOperate ? (
        <Cell name="act">
          <Act label={`Run now: ${job.name}`} act={() => post("runs", { job: job.name })}>
            Run now
          </Act>
        </Cell>
      ) : null}
    </>
  );
}

function RunningRun({ run, rate }: { readonly run: RunView; readonly rate: number | undefined }) {
  const share = progressOf(run);
  const moved = movedBytes(run);
  const left = run.planned.bytes - moved - run.bytes.resumed;
  const state = runStateOf(run);
  return (
    <li class="card">
      <p class="figures">
        <a href={hrefOf("run", run.id)}>{run.job}</a> <Badge state={state} />
      </p>
      <ProgressBar share={state === "queued" ? 0 : share} label={`progress of ${run.job}`} />
      <p class="figures">
        <span>
          <strong data-bytes={moved}>{bytes(moved)}</strong>
          {run.planned.bytes > 0 ? <span class="muted"> of {bytes(run.planned.bytes)}</span> : null}
        </span>
        <span class="muted">{rate === undefined ? "" : `${bytes(rate)}/s`}</span>
      </p>
      <p class="figures muted">
        <span>
          {run.planned.files > 0
            ? `${count(run.files.copied)} of ${many(run.planned.files, "file")}`
            : many(run.files.copied, "file")}
        </span>
        <span>{rate !== undefined && rate > 0 && left > 0 ? `${duration(left / rate)} left` : ""}</span>
      </p>
    </li>
  );
}
