import { bytes, duration, methodWords } from "../../format.ts";
import { Empty, Progress } from "../../parts.tsx";
import type { RunLog } from "../../state/run-log.ts";

export function InFlight({ log, now }: { readonly log: RunLog; readonly now: number }) {
  return (
    <section aria-labelledby="flying">
      <h2 id="flying">In flight</h2>
      {log.flying.length === 0 ? <Empty>No file takes longer than a second.</Empty> : null}
      <ul class="flights">
        {log.flying.map(({ source, target, size, bytes: done, startedAt, worker, lane, ...how }) => (
          <li key={target}>
            <span class="names">
              <code>{source}</code> → <code>{target}</code>
            </span>
            <span class="method" title={worker}>
              {methodWords(how) ?? "connecting"}
              {lane === undefined ? "" : `, lane ${lane}`}
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
