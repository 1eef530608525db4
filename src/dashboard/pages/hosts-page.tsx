import type { LinkView } from "../../api/views/history-schemas.ts";
import type { HostView } from "../../api/views/schemas.ts";
import { Act } from "../act.tsx";
import type { PageProps } from "../page-props.ts";
import { post } from "../state/client.ts";
import { bytes, clockTime, count, many } from "../format.ts";
import { hostsOfJob, jobStateOf } from "../state/model.ts";
import { Badge, Empty, FaultMessage, NotFound, ProgressBar, Time, Placeholder } from "../parts.tsx";
import { hrefOf } from "../state/route.ts";
import { useGet, useNow } from "../state/store.ts";

/** @param name of the one host that is asked for; empty: all of them */
export function HostsPage({ name, store, mayOperate }: PageProps & { readonly name: string }) {
  const now = useNow();
  const { value, fault, again } = useGet<{ readonly hosts: readonly HostView[] }>("hosts", 2_000);
  const hosts = value?.hosts ?? [];
  const one = hosts.find((host) => host.name === name);
  if (name !== "" && value !== undefined && one === undefined)
    return (
      <NotFound>
        There is no host <code>{name}</code> in config/hosts.
      </NotFound>
    );
  const shown = name === "" ? hosts : one === undefined ? [] : [one];
  return (
    <>
      <h1>{name === "" ? "Hosts" : name}</h1>
      <FaultMessage fault={fault} />
      {shown.length === 0 ? (
        <Placeholder from={{ value, fault }}>There are no hosts in config/hosts.</Placeholder>
      ) : null}
      <ul class="cards">
        {shown.map((host) => (
          <Host
            key={host.name}
            {...{ host, now, mayOperate, again }}
            isAlone={name !== ""}
            jobs={[...store.jobs.values()].filter((job) => hostsOfJob(job).includes(host.name)).length}
          />
        ))}
      </ul>
      {one === undefined ? null : <Around name={name} store={store} />}
    </>
  );
}

interface HostProps {
  readonly host: HostView;
  readonly now: number;
  readonly mayOperate: boolean;
  readonly again: () => void;
  readonly isAlone: boolean;
  readonly jobs: number;
}

function Host({ host, now, mayOperate, again, isAlone, jobs }: HostProps) {
  const { name, address, port, slots, paused, fault } = host;
  const order = (what: "pause" | "release") => async () => {
    await post(`hosts/${encodeURIComponent(name)}/${what}`);
    again();
  };
  const badge = fault !== undefined ? "failing" : paused !== undefined ? "paused" : "good";
  const limit = slots?.learned?.limit ?? slots?.limit ?? 0;
  return (
    <li class="card">
      <div class="bar">
        <h2>{isAlone ? "Connections" : <a href={hrefOf("hosts", name)}>{name}</a>}</h2>
        <Badge state={badge} />
      </div>
      <p class="muted">
        {address === undefined ? "" : `${address}:${port} · `}
        {many(jobs, "job")}
      </p>
      {fault === undefined ? null : <p class="because bad">{fault}</p>}
      {slots === undefined ? null : (
        <>
          <ProgressBar share={slots.inUse / Math.max(1, limit)} label={`connections of ${name} in use`} />
          <p>
            {count(slots.inUse)} of {many(limit, "connection")} in use
          </p>
          {slots.learned === undefined ? null : (
            <p class="muted">
              The server allows only {slots.learned.limit} of the {slots.limit} connections set in the host
              file; it last refused a connection <Time at={slots.learned.at} now={now} />.
            </p>
          )}
          {(slots.waiting ?? []).length === 0 ? null : (
            <>
              <p class="muted">Waiting for a connection:</p>
              <ul class="plain">
                {slots.waiting?.map(({ job, demands }) => (
                  <li key={job}>
                    <a href={hrefOf("job", job)}>{job}</a> <span class="muted">{many(demands, "lane")}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
      {paused === undefined ? null : (
        <div class="because warn">
          <p>{paused.because}</p>
          <p>
            Next attempt <Time at={paused.until} now={now} /> at {clockTime(paused.until)}
            {paused.times > 1 ? `, after ${count(paused.times)} pauses in a row` : ""}.
          </p>
        </div>
      )}
      {mayOperate && fault === undefined ? (
        <p class="acts">
          {paused === undefined ? (
            <Act label={`Pause 10 min: ${name}`} act={order("pause")}>
              Pause 10 min
            </Act>
          ) : (
            <Act label={`End pause: ${name}`} act={order("release")}>
              End pause
            </Act>
          )}
        </p>
      ) : null}
    </li>
  );
}

/** What has to do with one host. */
function Around({ name, store }: { readonly name: string; readonly store: PageProps["store"] }) {
  const { value, fault } = useGet<{ readonly links: readonly LinkView[] }>("links?hours=24", 10_000);
  const links = (value?.links ?? []).filter(({ source, target }) => source === name || target === name);
  const running = new Map(store.running.map((run) => [run.job, run]));
  const jobs = [...store.jobs.values()].filter((job) => hostsOfJob(job).includes(name));
  return (
    <>
      <section aria-labelledby="host-jobs">
        <h2 id="host-jobs">Jobs</h2>
        {jobs.length === 0 ? <Empty>No job uses this host.</Empty> : null}
        <ul class="plain">
          {jobs.map((job) => (
            <li key={job.name}>
              <a href={hrefOf("job", job.name)}>{job.name}</a>{" "}
              <Badge state={jobStateOf(job, running.get(job.name))} />{" "}
              <span class="muted">
                {job.from.join(", ")} → {job.to}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="host-links">
        <h2 id="host-links">Links, last 24 hours</h2>
        <FaultMessage fault={fault} />
        {links.length > 0 ? null : (
          <Placeholder from={{ value, fault }}>
            No files were transferred to or from this host in the last 24 hours.
          </Placeholder>
        )}
        <ul class="plain">
          {links.map(({ source, target, ...link }) => (
            <li key={`${source} ${target}`}>
              <a href={hrefOf("links", source, target)}>
                {source} → {target}
              </a>{" "}
              <span class="muted">
                {many(link.succeeded, "file")}, {bytes(link.bytes)}
                {link.failed > 0 ? `, ${count(link.failed)} failed` : ""}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
