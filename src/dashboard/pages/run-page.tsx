import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RunView } from "../../api/views/schemas.ts";
import { Chart } from "../chart.tsx";
import { FileGrid } from "../file-grid.tsx";
import { bytes } from "../format.ts";
import { movedBytes, rateOf, type Sample, withSample } from "../state/model.ts";
import type { PageProps } from "../page-props.ts";
import { Empty, Fault } from "../parts.tsx";
import { filesOf, RunLog } from "../state/run-log.ts";
import { useGet, useNow } from "../state/store.ts";
import { type Cause, Causes, Notes } from "./run/run-causes.tsx";
import { Figures } from "./run/run-figures.tsx";
import { InFlight } from "./run/run-flights.tsx";
import { Log } from "./run/run-log-view.tsx";
import { Title } from "./run/run-title.tsx";
import { Transcripts } from "./run/run-transcripts.tsx";

interface Detail extends RunView {
  readonly causes: readonly Cause[];
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
      <Causes causes={detail.value?.causes ?? []} entries={log.entries} />
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
      <Transcripts id={id} />
      <Log entries={log.entries} turn={turn} />
    </>
  );
}
