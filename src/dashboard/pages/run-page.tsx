import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RunView } from "../../api/views/schemas.ts";
import type { PageProps } from "../page-props.ts";
import { post } from "../client.ts";
import { Chart } from "../chart.tsx";
import { FileGrid } from "../file-grid.tsx";
import { bytes, count, duration, instant, many } from "../format.ts";
import { movedBytes, progressOf, rateOf, type Sample, withSample } from "../model.ts";
import { Act, Badge, Cell, Empty, Fault, Progress, Rows, useIsNarrow } from "../parts.tsx";
import { type Entry, filesOf, RunLog, sentenceOf } from "../run-log.ts";
import { useGet, useNow } from "../store.ts";

interface Detail extends RunView {
  readonly causes: readonly { readonly because: string; readonly count: number }[];
  readonly notes: readonly string[];
  readonly document: unknown;
}

/** Points of the rate's curve. */
const MOST_POINTS = 600;

export function RunPage({ id, mayOperate }: PageProps & { readonly id: string }) {
  const [log] = useState(() => new RunLog());
  const [turn, setTurn] = useState(0);
  const now = useNow();
  const detail = useGet<Detail>(`runs/${encodeURIComponent(id)}`, 3_000);
  useEffect(() => {
    const ending = new AbortController();
    void log.follow(id, () => setTurn((before) => before + 1), ending.signal);
    return () => ending.abort();
  }, [id, log]);
  const run = log.run ?? detail.value;
  const samples = useRef<readonly Sample[]>([]);
  const curve = useRef<{ at: number; rate: number }[]>([]);
  useEffect(() => {
    if (run === undefined || run.state !== "running") return;
    samples.current = withSample(samples.current, { atMs: Date.now(), bytes: movedBytes(run) });
    const rate = rateOf(samples.current, Date.now());
    const last = curve.current.at(-1);
    if (rate !== undefined && (last === undefined || Date.now() / 1_000 - last.at >= 1))
      curve.current = [...curve.current, { at: Date.now() / 1_000, rate }].slice(-MOST_POINTS);
  }, [turn, now]);
  const files = useMemo(() => filesOf(log.entries), [turn]);
  if (run === undefined)
    return detail.fault === undefined ? <Empty>Loading…</Empty> : <Fault fault={detail.fault} />;
  const rate = run.state === "running" ? rateOf(samples.current, now) : undefined;
  const toCome = run.planned.files - run.files.copied - run.files.failed - log.flying.length;
  return (
    <>
      <Title run={run} mayOperate={mayOperate} />
      <Figures run={run} rate={rate} now={now} />
      {curve.current.length > 1 ? (
        <Chart
          label={`rate of the last minutes, now ${bytes(rate ?? 0)} a second`}
          times={curve.current.map(({ at }) => at)}
          series={[{ label: "rate", colour: "--accent", values: curve.current.map((point) => point.rate) }]}
          show={(value) => `${bytes(value)}/s`}
        />
      ) : null}
      <Notes notes={detail.value?.notes ?? []} />
      <Causes detail={detail.value} entries={log.entries} />
      {run.state === "running" ? <InFlight log={log} now={now} /> : null}
      <section aria-labelledby="files">
        <h2 id="files">Files</h2>
        {files.length + log.flying.length + Math.max(0, toCome) === 0 ? (
          <Empty>No file was copied.</Empty>
        ) : (
          <FileGrid
            files={files}
            flying={log.flying.map(({ target }) => target)}
            planned={run.state === "ended" ? 0 : Math.max(0, toCome)}
          />
        )}
      </section>
      <Log entries={log.entries} turn={turn} />
    </>
  );
}

function Title({ run, mayOperate }: { readonly run: RunView; readonly mayOperate: boolean }) {
  const path = `runs/${encodeURIComponent(run.id)}`;
  const isOpen = run.state !== "ended";
  const state = isOpen
    ? run.wish === "run"
      ? run.state
      : run.wish === "pause"
        ? "paused"
        : "cancelling"
    : (run.outcome ?? "ended");
  return (
    <div class="bar title">
      <div>
        <h1>
          <a href={`#/job/${encodeURIComponent(run.job)}`}>{run.job}</a> <Badge state={state} />
          {run.dryRun ? <Badge state="dry run" /> : null}
        </h1>
        <p class="muted id">{run.id}</p>
      </div>
      {mayOperate ? (
        <div class="acts">
          {isOpen && run.wish !== "cancel" ? (
            <>
              {run.wish === "pause" ? (
                <Act act={() => post(`${path}/resume`)}>Resume</Act>
              ) : (
                <Act act={() => post(`${path}/pause`)}>Pause</Act>
              )}
              <Act kind="danger" sure="Cancel this run?" act={() => post(`${path}/cancel`)}>
                Cancel
              </Act>
            </>
          ) : null}
          {!isOpen && run.files.failed > 0 ? (
            <Act
              act={async () => {
                const { id } = await post<RunView>(`${path}/retry`);
                location.hash = `#/run/${encodeURIComponent(id)}`;
              }}
            >
              Retry failed files
            </Act>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

function Figures({
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

function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <section aria-labelledby="notes">
      <h2 id="notes">Worth knowing</h2>
      <ul class="notes">
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </section>
  );
}

function Causes({
  detail,
  entries,
}: {
  readonly detail: Detail | undefined;
  readonly entries: readonly Entry[];
}) {
  const failures = entries.filter(
    ({ event, outcome }) => event === "fault" || (event === "transfer" && outcome === "failed"),
  );
  const causes = detail?.causes ?? [];
  if (causes.length === 0 && failures.length === 0) return null;
  return (
    <section aria-labelledby="causes">
      <h2 id="causes">What failed</h2>
      <ul class="causes">
        {causes.map((cause) => (
          <li key={cause.because}>
            <strong>{count(cause.count)} ×</strong> {cause.because}
          </li>
        ))}
      </ul>
      {failures.length === 0 ? null : (
        <details>
          <summary>{many(failures.length, "failed file")}, with both servers' words</summary>
          <ul class="failures">
            {failures.slice(0, 500).map((entry) => (
              <li key={entry.id}>
                <code>{entry.source ?? entry.path}</code>
                {entry.target === undefined ? "" : " → "}
                {entry.target === undefined ? null : <code>{entry.target}</code>}
                <br />
                {entry.because}
              </li>
            ))}
          </ul>
          {failures.length > 500 ? <p class="muted">The log below has the others.</p> : null}
        </details>
      )}
    </section>
  );
}

function InFlight({ log, now }: { readonly log: RunLog; readonly now: number }) {
  return (
    <section aria-labelledby="flying">
      <h2 id="flying">In flight</h2>
      {log.flying.length === 0 ? <Empty>No file takes longer than a second.</Empty> : null}
      <ul class="flights">
        {log.flying.map(({ source, target, size, bytes: done, startedAt }) => (
          <li key={target}>
            <span class="names">
              <code>{source}</code> → <code>{target}</code>
            </span>
            <Progress
              share={size === undefined || size === 0 ? undefined : Math.min(1, done / size)}
              label={target}
            />
            <span class="muted">
              {bytes(done)}
              {size === undefined ? "" : ` of ${bytes(size)}`},{" "}
              {duration(Math.max(0, now - Date.parse(startedAt)) / 1_000)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const KINDS = ["all", "transfers", "failures", "decisions"] as const;

function Log({ entries, turn }: { readonly entries: readonly Entry[]; readonly turn: number }) {
  const [kind, setKind] = useState<(typeof KINDS)[number]>("all");
  const isNarrow = useIsNarrow();
  const shown = useMemo(() => entries.filter((entry) => isOf(kind, entry)).reverse(), [turn, kind]);
  return (
    <section aria-labelledby="log">
      <div class="bar">
        <h2 id="log">Log</h2>
        <label>
          Show{" "}
          <select
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as (typeof KINDS)[number])}
          >
            {KINDS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <p class="muted">{many(shown.length, "entry", "entries")}, the latest first</p>
      </div>
      {shown.length === 0 ? (
        <Empty>Nothing of that kind.</Empty>
      ) : (
        <Rows
          label="Log"
          items={shown}
          height={isNarrow ? 60 : 30}
          keyOf={({ id }) => id}
          row={(entry) => (
            <>
              <Cell name="at">
                <time dateTime={entry.at} title={instant(entry.at)}>
                  {new Date(entry.at).toLocaleTimeString(undefined, { hourCycle: "h23" })}
                </time>
              </Cell>
              <Cell name={`said ${entry.outcome ?? entry.event}`}>
                <span title={sentenceOf(entry)}>{sentenceOf(entry)}</span>
              </Cell>
            </>
          )}
        />
      )}
    </section>
  );
}

function isOf(kind: (typeof KINDS)[number], { event, outcome }: Entry): boolean {
  if (kind === "transfers") return event === "transfer";
  if (kind === "failures") return event === "fault" || event === "retry" || outcome === "failed";
  return kind === "all" || event === "action" || event === "note";
}
