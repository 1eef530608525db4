import { count, many } from "../../format.ts";
import type { ShownEntry } from "../../state/entry.ts";
import { type FailureCount, decisionsOf, failuresByCause } from "../../state/failures.ts";

/** Of one group, as many as anybody reads. */
const MOST = 200;

export function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <section aria-labelledby="notes">
      <h2 id="notes">Notes</h2>
      <ul class="notes">
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </section>
  );
}

interface CausesProps {
  readonly causes: readonly FailureCount[];
  readonly entries: readonly ShownEntry[];
}

/** Failures grouped by cause, each with its files and both servers' words. */
export function RunFailures({ causes, entries }: CausesProps) {
  const groups = failuresByCause(causes, entries);
  if (groups.length === 0) return null;
  return (
    <section aria-labelledby="causes">
      <h2 id="causes">What failed</h2>
      <ul class="causes">
        {groups.map((group) => (
          <li key={group.because}>
            <p>
              <strong>{count(group.count)} ×</strong> {group.because}
            </p>
            {group.entries.length === 0 ? null : (
              <details>
                <summary>{many(group.entries.length, "file")}, with the replies of both servers</summary>
                <ul class="failures">
                  {group.entries.slice(0, MOST).map((entry) => (
                    <Failure key={entry.id} entry={entry} />
                  ))}
                </ul>
                {group.entries.length > MOST ? (
                  <p class="muted">{count(group.entries.length - MOST)} more in the log below.</p>
                ) : null}
              </details>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Failure({ entry }: { readonly entry: ShownEntry }) {
  const { source, path, target, because } = entry;
  return (
    <li>
      <code>{source ?? path ?? ""}</code>
      {target === undefined ? null : (
        <>
          {" → "}
          <code>{target}</code>
        </>
      )}
      <p class="muted">{because}</p>
    </li>
  );
}

/** What a run did beside copying, and why. */
export function Decisions({ entries }: { readonly entries: readonly ShownEntry[] }) {
  const groups = decisionsOf(entries);
  if (groups.length === 0) return null;
  return (
    <section aria-labelledby="decisions">
      <h2 id="decisions">Decisions</h2>
      <ul class="notes quiet">
        {groups.slice(0, MOST).map(({ action, because, paths }) => (
          <li key={`${action} ${because}`}>
            <details>
              <summary>
                <strong>{count(paths.length)} ×</strong> {action.replace("-", " ")}: {because}
              </summary>
              <ul class="plain">
                {paths.slice(0, MOST).map((path, at) => (
                  <li key={at}>
                    <code>{path}</code>
                  </li>
                ))}
              </ul>
              {paths.length > MOST ? (
                <p class="muted">{count(paths.length - MOST)} more in the log below.</p>
              ) : null}
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
