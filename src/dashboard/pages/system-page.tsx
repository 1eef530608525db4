import type { AuditView, SystemView, WorkerView } from "../../api/views/system-schemas.ts";
import type { PageProps } from "../page-props.ts";
import { post } from "../state/client.ts";
import { bytes, count, duration, instant, many } from "../format.ts";
import { Act } from "../act.tsx";
import {
  Badge,
  Cell,
  Empty,
  Facts,
  FaultMessage,
  Head,
  ProgressBar,
  Rows,
  Time,
  useIsNarrow,
  Placeholder,
} from "../parts.tsx";
import { useGet, useNow } from "../state/store.ts";
import { hrefOf } from "../state/route.ts";

export function SystemPage({ isLimited, ...page }: PageProps & { readonly isLimited: boolean }) {
  if (!isLimited) return <WholeSystem {...page} />;
  return (
    <>
      <h1>System</h1>
      <Empty>This page is about all jobs, but your token is limited to some of them.</Empty>
    </>
  );
}

function WholeSystem({ mayOperate }: PageProps) {
  const now = useNow();
  const { value, fault, again } = useGet<SystemView>("system", 5_000);
  return (
    <>
      <div class="bar">
        <h1>System</h1>
        {mayOperate ? (
          <div class="acts">
            <Act
              act={async () => {
                await post("reload");
                again();
              }}
            >
              Reload configuration
            </Act>
          </div>
        ) : null}
      </div>
      <FaultMessage fault={fault} />
      {value === undefined && fault === undefined ? <Empty>Loading…</Empty> : null}
      {value === undefined ? null : <State system={value} now={now} />}
      {mayOperate ? <Audit /> : <Empty>The audit trail needs a token with the role operate.</Empty>}
    </>
  );
}

function State({ system, now }: { readonly system: SystemView; readonly now: number }) {
  const { ready, faults, redis, queues, parts, lastReload } = system;
  const memory = redis.usedBytes === undefined ? "–" : bytes(redis.usedBytes);
  const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    [
      "fxpd",
      [
        ["Version", system.version],
        ["Node.js", system.node],
        ["Workers", count(system.workers)],
        ["Schedulers", count(system.schedulers)],
        ["Jobs", count(system.jobs)],
        ["API uptime", duration(Math.max(0, now - Date.parse(system.startedAt)) / 1_000)],
      ],
    ],
    [
      "Redis",
      [
        ["Version", redis.version ?? "–"],
        ["Memory", redis.maximumBytes ? `${memory} of ${bytes(redis.maximumBytes)}` : memory],
        ["Clients", redis.clients === undefined ? "–" : count(redis.clients)],
        ["Uptime", redis.upSeconds === undefined ? "–" : duration(redis.upSeconds)],
      ],
    ],
    ...Object.entries(queues).map(([queue, states]) => {
      const rows = Object.entries(states).map(([state, many]) => [state, count(many)] as const);
      return [`Queue of ${queue}`, rows] as const;
    }),
  ];
  return (
    <>
      <section aria-labelledby="ready">
        <h2 id="ready">
          Readiness <Badge state={ready.ok ? "good" : "failing"} />
        </h2>
        <ul class="causes">
          {ready.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
        <p>
          {Object.entries(parts).map(([part, isRunning]) => (
            <span key={part} class="part">
              {part} <Badge state={isRunning ? "running" : "failing"} />
            </span>
          ))}
        </p>
        <div class="facts-row">
          {groups.map(([label, rows]) => (
            <Facts key={label} label={label} rows={rows} />
          ))}
        </div>
      </section>
      <Workers workers={system.workerList} isReady={ready.ok} now={now} />
      <section aria-labelledby="faults">
        <h2 id="faults">Configuration</h2>
        {lastReload === undefined ? null : (
          <p class={lastReload.outcome === "done" ? "muted" : "fault"}>
            Last reload <Time at={lastReload.at} now={now} />, triggered by {lastReload.from}
            {lastReload.because === undefined ? "" : ": refused; the configuration read before stays in use"}
            {lastReload.because === undefined || faults.includes(lastReload.because)
              ? ""
              : `: ${lastReload.because}`}
          </p>
        )}
        {faults.length === 0 ? <Empty>No faults: the files are valid and in use.</Empty> : null}
        <ul class="causes">
          {faults.map((one) => (
            <li key={one} class="fault">
              {one}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

interface WorkersProps {
  readonly workers: readonly WorkerView[];
  readonly isReady: boolean;
  readonly now: number;
}

function Workers({ workers, isReady, now }: WorkersProps) {
  return (
    <section aria-labelledby="workers">
      <h2 id="workers">Workers</h2>
      {workers.length === 0 ? (
        <Empty>No worker is seen{isReady ? "" : "; the reason is given under Readiness"}.</Empty>
      ) : null}
      <ul class="cards">
        {workers.map((worker) => (
          <Worker key={worker.id} worker={worker} now={now} />
        ))}
      </ul>
    </section>
  );
}

function Worker({ worker, now }: { readonly worker: WorkerView; readonly now: number }) {
  const { id, host, pid, version, since, lanes, works } = worker;
  const busy = works.reduce((sum, one) => sum + one.lanes, 0);
  return (
    <li class="card">
      <h3 class="name">{host ?? id}</h3>
      <p class="muted">
        {host === undefined ? "" : <code>{id}</code>}
        {pid === undefined ? "" : `, process ${pid}`}
        {version === undefined ? "" : `, fxpd ${version}`}
        {since === undefined ? null : (
          <>
            , started <Time at={since} now={now} />
          </>
        )}
      </p>
      {lanes === undefined ? null : (
        <>
          <ProgressBar share={Math.min(1, busy / lanes)} label={`lanes of ${id}`} />
          <p>
            {busy} of {many(lanes, "lane")} busy
          </p>
        </>
      )}
      {works.length === 0 ? <p class="muted">Idle.</p> : null}
      <ul class="methods">
        {works.map(({ run, job, plans, lanes: ofRun }) => (
          <li key={run}>
            <a href={hrefOf("run", run)}>{job ?? run}</a>
            {": "}
            <span class="muted">
              {[plans ? "planning" : "", ofRun > 0 ? many(ofRun, "lane") : ""]
                .filter((words) => words !== "")
                .join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}

const COLUMNS = [
  ["when", "When"],
  ["name", "Who"],
  ["message", "What"],
  ["state", "Outcome"],
] as const;

function Audit() {
  const isNarrow = useIsNarrow();
  const { value, fault } = useGet<AuditView>("audit?limit=1000", 10_000);
  const rows = value?.rows ?? [];
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">Audit</h2>
      <FaultMessage fault={fault} />
      {rows.length === 0 ? (
        <Placeholder from={{ value, fault }}>No requests are recorded on this machine.</Placeholder>
      ) : (
        <Rows
          label="Audit"
          items={rows}
          usualHeight={isNarrow ? 76 : 34}
          keyOf={(row, at) => `${row.at} ${at}`}
          head={<Head names={COLUMNS} />}
          row={(row) => (
            <>
              <Cell name="when">{instant(row.at)}</Cell>
              <Cell name="name">
                {row.who ?? ""} <span class="muted">{row.from}</span>
              </Cell>
              <Cell name="message">
                <span title={row.because ?? ""}>
                  {`${row.what} ${row.on ?? ""}`.trim()}
                  {row.because === undefined ? "" : `: ${row.because}`}
                </span>
              </Cell>
              <Cell name="state">
                <Badge state={row.outcome} />
              </Cell>
            </>
          )}
        />
      )}
    </section>
  );
}
