import { useState } from "preact/hooks";
import type { DueView, OpenTimeView } from "../../api/views/schemas.ts";
import type { PageProps } from "../page-props.ts";
import { post } from "../state/client.ts";
import { count, duration, inZone, instant, isHere, weekdayTime } from "../format.ts";
import { expectedSeconds } from "../state/model.ts";
import { Act } from "../act.tsx";
import { Badge, Cell, FaultMessage, Head, Rows, Time, useIsNarrow, Placeholder } from "../parts.tsx";
import { useGet, useNow } from "../state/store.ts";
import { type Expected, expectedRuns, firstOfEach } from "../state/timeline.ts";
import { hrefOf } from "../state/route.ts";

const HOUR_MS = 3_600_000;
/** Runs of each job in one answer of the API, at most. */
const MOST_DUE = 100;
const COLUMNS = [
  ["when", "Starts"],
  ["name", "Job"],
  ["took", "Usual duration"],
  ["cause", "Notes"],
  ["act", "Actions"],
] as const;

export function SchedulePage({ store, mayOperate }: PageProps) {
  const [hours, setHours] = useState(24);
  const [hasAll, setHasAll] = useState(false);
  const now = useNow(5_000);
  const isNarrow = useIsNarrow();
  type Answer = {
    readonly due: readonly (DueView & { readonly paused: boolean })[];
    readonly windows?: readonly OpenTimeView[];
  };
  const { value, fault, again } = useGet<Answer>(`schedule/next?count=${MOST_DUE}&hours=${hours}`, 15_000);
  const seconds = (job: string) => expectedSeconds(store.history.get(job) ?? []);
  const runs = expectedRuns(value?.due ?? [], store.jobs, seconds);
  const firsts = firstOfEach(runs);
  const windows = value?.windows ?? [];
  return (
    <>
      <div class="bar">
        <h1>Schedule</h1>
        <div class="acts" role="group" aria-label="How far ahead">
          {[
            [24, "24 hours"],
            [168, "7 days"],
          ].map(([many, text]) => (
            <button
              key={text}
              type="button"
              aria-pressed={hours === many}
              onClick={() => setHours(Number(many))}
            >
              {text}
            </button>
          ))}
        </div>
        <p class="muted">Times are in your time zone, {here()}.</p>
      </div>
      <FaultMessage fault={fault} />
      {runs.length === 0 ? (
        <Placeholder from={{ value, fault }}>No runs are due in this period.</Placeholder>
      ) : (
        <>
          <Timeline runs={runs} windows={windows} fromMs={now} hours={hours} />
          <div class="bar">
            <h2>Upcoming runs</h2>
            <div class="acts" role="group" aria-label="Which runs">
              <button type="button" aria-pressed={!hasAll} onClick={() => setHasAll(false)}>
                Next run of each job
              </button>
              <button type="button" aria-pressed={hasAll} onClick={() => setHasAll(true)}>
                All {count(runs.length)}
              </button>
            </div>
          </div>
          <Rows
            label="Upcoming runs"
            items={hasAll ? runs : firsts}
            usualHeight={isNarrow ? 128 : 52}
            keyOf={({ due }) => `${due.job} ${due.dueAt}`}
            head={<Head names={mayOperate ? COLUMNS : COLUMNS.slice(0, -1)} />}
            row={(run) => <DueRow {...{ run, windows, now, store, mayOperate, again }} />}
          />
        </>
      )}
    </>
  );
}

function here(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

interface DueProps extends PageProps {
  readonly windows: readonly OpenTimeView[];
  readonly run: Expected;
  readonly now: number;
  readonly again: () => void;
}

function DueRow({ run, windows, now, store, mayOperate, again }: DueProps) {
  const { due, clashes } = run;
  const job = store.jobs.get(due.job);
  const zone = (job?.schedule as { readonly timeZone?: string } | undefined)?.timeZone ?? "UTC";
  const window = windows.find(
    (one) => one.job === due.job && one.from <= due.startAt && due.startAt < one.to,
  );
  const seconds = expectedSeconds(store.history.get(due.job) ?? []);
  const path = `jobs/${encodeURIComponent(due.job)}/${due.skipped ? "unskip" : "skip"}?due=${encodeURIComponent(due.dueAt)}`;
  return (
    <>
      <Cell name="when">
        <span title={instant(due.startAt)}>{weekdayTime(due.startAt)}</span>{" "}
        {isHere(zone) ? null : <span class="muted second">{inZone(due.dueAt, zone)}</span>}
      </Cell>
      <Cell name="name">
        <a href={hrefOf("job", due.job)}>{due.job}</a>
        <span class="muted second">
          <Time at={due.startAt} now={now} zone={zone} />
        </span>
      </Cell>
      <Cell name="took" label="usual duration">
        {seconds === undefined ? "–" : duration(seconds)}
      </Cell>
      <Cell name="cause">
        {due.skipped ? <Badge state="skipped" /> : null}{" "}
        {run.due.paused === true ? <Badge state="paused" /> : null}
        {clashes.length === 0 ? null : (
          <span title={clashes.join(", ")}>
            shares a host with {clashes[0]}
            {clashes.length > 1 ? ` and ${count(clashes.length - 1)} more` : ""}
          </span>
        )}
        {window === undefined ? null : (
          <span class="muted second">
            window {weekdayTime(window.from)} to {weekdayTime(window.to)}
          </span>
        )}
      </Cell>
      {mayOperate ? (
        <Cell name="act">
          <Act
            label={`${due.skipped ? "Unskip" : "Skip"}: ${due.job} at ${weekdayTime(due.startAt)}`}
            act={async () => {
              await post(path);
              again();
            }}
          >
            {due.skipped ? "Unskip" : "Skip"}
          </Act>{" "}
          <Act label={`Run now: ${due.job}`} done="started" act={() => post("runs", { job: due.job })}>
            Run now
          </Act>
        </Cell>
      ) : null}
    </>
  );
}

/** Jobs of which the API has not listed all runs, and the end of the last one that it did list. */
function cutOff(runs: readonly Expected[]): readonly { readonly job: string; readonly afterMs: number }[] {
  const ofJobs = new Map<string, { many: number; afterMs: number }>();
  for (const { due, endMs } of runs)
    ofJobs.set(due.job, { many: (ofJobs.get(due.job)?.many ?? 0) + 1, afterMs: endMs });
  return [...ofJobs].flatMap(([job, { many, afterMs }]) => (many < MOST_DUE ? [] : [{ job, afterMs }]));
}

interface TimelineProps {
  readonly runs: readonly Expected[];
  /** When runs of jobs that have windows may start. */
  readonly windows: readonly OpenTimeView[];
  readonly fromMs: number;
  readonly hours: number;
}

/** Jobs of the timeline; the list below it has all. */
const MOST_LANES = 40;

function Timeline({ runs, windows, fromMs, hours }: TimelineProps) {
  const lanes = [...new Set(runs.map(({ due }) => due.job))];
  const shown = lanes.slice(0, MOST_LANES);
  const [width, lane] = [1_000, 20];
  const spanMs = hours * HOUR_MS;
  const x = (ms: number) => ((ms - fromMs) / spanMs) * width;
  const step = hours === 24 ? 3 : 24;
  const first = Math.ceil(fromMs / HOUR_MS) * HOUR_MS;
  const marks = Array.from({ length: hours }, (_, at) => first + at * HOUR_MS).filter(
    (ms) => new Date(ms).getHours() % step === 0,
  );
  const cut = cutOff(runs).filter(({ job, afterMs }) => shown.includes(job) && x(afterMs) < width);
  const label = `timeline of ${count(runs.length)} runs of ${lanes.length} jobs in the next ${hours} hours; the list below has them all`;
  return (
    <figure class="timeline">
      <div class="lanes" role="img" aria-label={label}>
        <div class="lane-names">
          {shown.map((name) => (
            <span key={name}>{name}</span>
          ))}
        </div>
        <div class="lane-bars">
          <svg
            viewBox={`0 0 ${width} ${shown.length * lane}`}
            preserveAspectRatio="none"
            style={{ height: `${(shown.length * lane) / 15}rem` }}
          >
            {marks.map((ms) => (
              <line key={ms} x1={x(ms)} x2={x(ms)} y1={0} y2={shown.length * lane} />
            ))}
            {windows.map(({ job, from, to }) => {
              const at = shown.indexOf(job);
              const begins = x(Date.parse(from));
              if (at === -1) return null;
              return (
                <rect
                  key={`${job} ${from}`}
                  class="window"
                  x={begins}
                  y={at * lane}
                  width={x(Date.parse(to)) - begins}
                  height={lane}
                />
              );
            })}
            {cut.map(({ job, afterMs }) => (
              <rect
                key={job}
                class="more"
                x={x(afterMs)}
                y={shown.indexOf(job) * lane + 8}
                width={width - x(afterMs)}
                height={lane - 16}
              />
            ))}
            {runs.map(({ due, startMs, endMs, clashes }) => {
              const at = shown.indexOf(due.job);
              if (at === -1) return null;
              const kind =
                due.skipped || due.paused === true ? "skipped" : clashes.length > 0 ? "clash" : "due";
              const size = Math.max(3, x(endMs) - x(startMs));
              return (
                <rect
                  key={`${due.job} ${due.dueAt}`}
                  class={kind}
                  x={x(startMs)}
                  y={at * lane + 4}
                  width={size}
                  height={lane - 8}
                  rx="2"
                />
              );
            })}
          </svg>
          <div class="marks">
            {/* A mark at the very end has no room for its words. */}
            {marks
              .filter((ms) => x(ms) <= width * 0.97)
              .map((ms) => (
                <span key={ms} style={{ left: `${x(ms) / 10}%` }}>
                  {hours === 24
                    ? new Date(ms).toLocaleTimeString(undefined, {
                        hour: "2-digit",
                        minute: "2-digit",
                        hourCycle: "h23",
                      })
                    : new Date(ms).toLocaleDateString(undefined, { weekday: "short" })}
                </span>
              ))}
          </div>
        </div>
      </div>
      <figcaption class="muted legend">
        <span>
          <i class="dot flying" /> due
        </span>
        <span>
          <i class="dot retrying" /> shares a host with another run
        </span>
        <span>
          <i class="dot cancelled" /> skipped or paused
        </span>
        {windows.length === 0 ? null : (
          <span>
            <i class="dot window" /> window in which runs may start
          </span>
        )}
        {cut.length === 0 ? null : (
          <span>
            <i class="dot more" /> further runs that are not shown
          </span>
        )}
        {lanes.length > MOST_LANES ? (
          <span>{count(lanes.length - MOST_LANES)} more jobs in the list below</span>
        ) : null}
      </figcaption>
    </figure>
  );
}
