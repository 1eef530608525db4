import { count, many } from "../../format.ts";
import type { Entry } from "../../state/run-log.ts";

/** Why files failed, and how many. */
export interface Cause {
  readonly because: string;
  readonly count: number;
}

export function Notes({ notes }: { readonly notes: readonly string[] }) {
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

export function Causes({
  causes,
  entries,
}: {
  readonly causes: readonly Cause[];
  readonly entries: readonly Entry[];
}) {
  const failures = entries.filter(
    ({ event, outcome }) => event === "fault" || (event === "transfer" && outcome === "failed"),
  );
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
