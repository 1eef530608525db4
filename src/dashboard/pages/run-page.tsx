import { useEffect, useRef, useState } from "preact/hooks";
import type { RunView } from "../../api/views/schemas.ts";
import { Chart } from "../chart.tsx";
import { FileGrid } from "../file-grid.tsx";
import { bytes } from "../format.ts";
import { movedBytes, recentRate, type Sample, withSample } from "../state/model.ts";
import type { PageProps } from "../page-props.ts";
import { Empty, FaultMessage, NotFound } from "../parts.tsx";
import { RunLogView } from "../state/run-log.ts";
import { useGet, useNow } from "../state/store.ts";
import { RunFailures, Decisions, Notes } from "./run/run-causes.tsx";
import type { FailureCount } from "../state/failures.ts";
import { RunCounters, RunFigures } from "./run/run-figures.tsx";
import { FlightList } from "./run/run-flights.tsx";
import { Log } from "./run/run-log-view.tsx";
import { Title } from "./run/run-title.tsx";
import { RunTranscripts } from "./run/run-transcripts.tsx";

interface Detail extends RunView {
  readonly causes: readonly FailureCount[];
  readonly notes: readonly string[];
  readonly document: unknown;
}

/** Points of the rate's curve. */
const MOST_POINTS = 600;

export function RunPage({ id, store, mayOperate }: PageProps & { readonly id: string }) {
  const [log] = useState(() => new RunLogView());
  const [turn, setTurn] = useState(0);
  const now = useNow();
  const detail = useGet<Detail>(`runs/${encodeURIComponent(id)}`, 3_000);
  useEffect(() => {
    const ending = new AbortController();
    void log.follow(id, () => setTurn((before) => before + 1), ending.signal);
    return () => ending.abort();
  }, [id, log]);
  useEffect(() => {
    // A browser has few connections: this page's own event stream is its only one.
    const { value, fault } = detail;
    if (value !== undefined || fault !== undefined)
      store.reportFault(fault?.status === 404 ? undefined : fault);
  }, [detail.value, detail.fault]);
  const run = log.run ?? detail.value;
  const samples = useRef<readonly Sample[]>([]);
  const curve = useRef<{ at: number; rate: number }[]>([]);
  useEffect(() => {
    if (run === undefined || run.state !== "running") return;
    samples.current = withSample(samples.current, { atMs: Date.now(), bytes: movedBytes(run) });
    const rate = recentRate(samples.current, Date.now());
    const last = curve.current.at(-1);
    if (rate !== undefined && (last === undefined || Date.now() / 1_000 - last.at >= 1))
      curve.current = [...curve.current, { at: Date.now() / 1_000, rate }].slice(-MOST_POINTS);
  }, [turn, now]);
  const files = log.files.list;
  const isGone = detail.fault?.status === 404;
  if (run === undefined && isGone)
    return (
      <NotFound>
        There is no run <code>{id}</code>; records of old runs are deleted after a while.
      </NotFound>
    );
  if (run === undefined)
    return (
      <>
        <h1>{id}</h1>
        {detail.fault === undefined ? <Empty>Loading…</Empty> : <FaultMessage fault={detail.fault} />}
      </>
    );
  // By this machine's clock, as the samples are.
  const isRunning = run.state === "running" && !isGone;
  const rate = isRunning ? recentRate(samples.current, Date.now()) : undefined;
  const ended = files.filter(({ state }) => state === "succeeded" || state === "failed").length;
  const earlier = Math.max(0, run.files.copied + run.files.failed - ended);
  const toCome =
    run.state === "ended"
      ? 0
      : Math.max(0, run.planned.files - run.files.copied - run.files.failed - log.flying.length);
  const isLogged = log.isLoaded || log.fault !== undefined;
  return (
    <>
      <Title run={run} mayOperate={mayOperate} isGone={isGone} />
      {isGone ? (
        <p class="because warn" role="status">
          The record of this run has been deleted. This page shows what it loaded before.
        </p>
      ) : null}
      <RunFigures run={run} rate={rate} now={now} />
      {curve.current.length > 1 ? (
        <section aria-labelledby="rate">
          <h2 id="rate">Rate</h2>
          <Chart
            label={`transfer rate over the last minutes, now ${bytes(rate ?? 0)} per second`}
            times={curve.current.map(({ at }) => at)}
            series={[{ label: "rate", colour: "--accent", values: curve.current.map((point) => point.rate) }]}
            show={(value) => `${bytes(value)}/s`}
          />
        </section>
      ) : null}
      <Notes notes={detail.value?.notes ?? []} />
      <RunFailures causes={detail.value?.causes ?? []} entries={log.entries} />
      {isRunning ? <FlightList log={log} now={now} /> : null}
      <RunCounters run={run} />
      <section aria-labelledby="files">
        <h2 id="files">Files</h2>
        {!isLogged ? (
          <Empty>Loading…</Empty>
        ) : earlier + files.length + log.flying.length + toCome === 0 ? (
          <Empty>{run.state === "ended" ? "No files were copied." : "No files are planned yet."}</Empty>
        ) : (
          <FileGrid {...{ earlier, files, toCome }} flying={log.flying.map(({ target }) => target)} />
        )}
      </section>
      <Decisions entries={log.entries} />
      <RunTranscripts id={id} />
      <Log entries={log.entries} turn={turn} isLoaded={isLogged} />
    </>
  );
}
