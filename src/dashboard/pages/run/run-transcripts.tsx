import { useState } from "preact/hooks";
import type { TranscriptView } from "../../../api/views/schemas.ts";
import { Empty, FaultMessage } from "../../parts.tsx";
import { useGet } from "../../state/store.ts";

const ARROWS = { us: "→", server: "←", note: "·" } as const;

/** Commands to both servers, and their replies, for files that failed; loaded when somebody opens the list. */
export function RunTranscripts({ id }: { readonly id: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section aria-labelledby="transcripts">
      <h2 id="transcripts">Conversations with the servers</h2>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Commands and replies on both control connections, passwords masked</summary>
        {isOpen ? <Files id={id} /> : null}
      </details>
    </section>
  );
}

function Files({ id }: { readonly id: string }) {
  const path = `runs/${encodeURIComponent(id)}/transcripts`;
  const { value, fault } = useGet<{ files: TranscriptView[]; leftOut: number }>(path, 5_000);
  if (value === undefined)
    return fault === undefined ? <Empty>Loading…</Empty> : <FaultMessage fault={fault} />;
  if (value.files.length === 0)
    return (
      <Empty>
        No transcripts were kept. They are kept for files that fail, or for all files of a run started with
        fxpd submit -vv.
      </Empty>
    );
  return (
    <>
      {value.files.map((file, at) => (
        <details key={at} class="conversation" open={value.files.length === 1}>
          <summary>
            {file.outcome}: {file.during === undefined ? "" : `${file.during}, `}
            {file.path === undefined ? null : (
              <>
                <code>{file.path}</code>:{" "}
              </>
            )}
            <code>{file.source}</code> → <code>{file.target}</code>
          </summary>
          <pre tabIndex={0} aria-label={`conversation about ${file.target}`}>
            {file.lines
              .map(({ at: time, host, from, text }) => `${clock(time)}  ${host} ${ARROWS[from]} ${text}`)
              .join("\n")}
          </pre>
        </details>
      ))}
      {value.leftOut > 0 ? <p class="muted">{value.leftOut} more transcripts were not kept.</p> : null}
    </>
  );
}

/** Of an instant in ISO 8601, to the millisecond, in the zone of whoever looks. */
function clock(time: string): string {
  const date = new Date(time);
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${date.toLocaleTimeString(undefined, { hourCycle: "h23" })}.${ms}`;
}
