import { useMemo, useState } from "preact/hooks";
import { instant, many } from "../../format.ts";
import { Cell, Empty, Rows, useIsNarrow } from "../../parts.tsx";
import { type Entry, sentenceOf } from "../../state/run-log.ts";

const KINDS = ["all", "transfers", "failures", "decisions"] as const;

export function Log({ entries, turn }: { readonly entries: readonly Entry[]; readonly turn: number }) {
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
