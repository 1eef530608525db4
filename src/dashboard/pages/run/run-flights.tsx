import type { FileInFlightView } from "../../../api/views/schemas.ts";
import { bytes, duration, methodLabel } from "../../format.ts";
import { Empty, ProgressBar } from "../../parts.tsx";
import type { RunLogView } from "../../state/run-log.ts";

export function FlightList({ log, now }: { readonly log: RunLogView; readonly now: number }) {
  return (
    <section aria-labelledby="flying">
      <h2 id="flying">In flight</h2>
      {log.flying.length === 0 ? <Empty>No file has been in transfer for more than a second.</Empty> : null}
      <ul class="flights">
        {log.flying.map((file) => (
          <Flight key={file.target} file={file} now={now} />
        ))}
      </ul>
    </section>
  );
}

function Flight({ file, now }: { readonly file: FileInFlightView; readonly now: number }) {
  const { source, target, size, bytes: done, startedAt, worker, lane, ...how } = file;
  const seconds = Math.max(0, now - Date.parse(startedAt)) / 1_000;
  const share = size === undefined || size === 0 ? undefined : Math.min(1, done / size);
  return (
    <li>
      <span class="names">
        <code>{source}</code>
        <br />
        <span class="muted">
          → <code>{target}</code>
        </span>
      </span>
      <span class="method" title={worker}>
        {methodLabel(how) ?? "connecting"}
        {lane === undefined ? "" : `, lane ${lane}`}
      </span>
      <ProgressBar share={share} label={target} />
      <span class="amount">
        {bytes(done)}
        <span class="muted">
          {size === undefined ? "" : ` of ${bytes(size)}`}
          <br />
          {seconds >= 1 ? `${bytes(done / seconds)}/s, ` : ""}
          {duration(seconds)}
        </span>
      </span>
    </li>
  );
}
