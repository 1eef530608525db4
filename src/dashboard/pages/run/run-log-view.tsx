import { useMemo, useState } from "preact/hooks";
import { instant, many } from "../../format.ts";
import { Cell, Empty, Rows, useIsNarrow } from "../../parts.tsx";
import { type ShownEntry, entrySentence } from "../../state/entry.ts";

const KINDS = ["all", "transfers", "failures", "decisions"] as const;

interface LogProps {
  readonly entries: readonly ShownEntry[];
  readonly turn: number;
  readonly isLoaded: boolean;
}

export function Log({ entries, turn, isLoaded }: LogProps) {
  const [query, setQuery] = useState("");
  const [kind, setKind] = useState<(typeof KINDS)[number]>("all");
  const isNarrow = useIsNarrow();
  const shown = useMemo(() => {
    const wanted = query.trim().toLowerCase();
    const isWanted = (entry: ShownEntry) =>
      wanted === "" || entrySentence(entry).toLowerCase().includes(wanted);
    return entries.filter((entry) => isOf(kind, entry) && isWanted(entry)).reverse();
  }, [turn, kind, query]);
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
        <p class="muted">{many(shown.length, "entry", "entries")}, latest first</p>
        <input
          type="search"
          placeholder="Filter by file or reason"
          aria-label="Filter the log"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </div>
      {shown.length === 0 ? (
        <Empty>
          {!isLoaded
            ? "Loading…"
            : entries.length === 0
              ? "The log is empty."
              : "No entry matches the filter."}
        </Empty>
      ) : (
        <Rows
          label="Log"
          items={shown}
          usualHeight={isNarrow ? 60 : 30}
          keyOf={({ id }) => id}
          row={(entry) => (
            <>
              <Cell name="at">
                <time dateTime={entry.at} title={instant(entry.at)}>
                  {new Date(entry.at).toLocaleTimeString(undefined, { hourCycle: "h23" })}
                </time>
              </Cell>
              <Cell name={`message ${entry.outcome ?? entry.event}`}>
                <span title={entrySentence(entry)}>{entrySentence(entry)}</span>
              </Cell>
            </>
          )}
        />
      )}
    </section>
  );
}

function isOf(kind: (typeof KINDS)[number], { event, outcome }: ShownEntry): boolean {
  if (kind === "transfers") return event === "transfer";
  if (kind === "failures") return event === "fault" || event === "retry" || outcome === "failed";
  return kind === "all" || event === "action" || event === "note" || event === "plan";
}
