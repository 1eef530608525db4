import type { HostView } from "../../api/views/schemas.ts";
import type { PageProps } from "../page-props.ts";
import { post } from "../state/client.ts";
import { count, instant } from "../format.ts";
import { Act, Badge, Empty, Fault, Progress, Time } from "../parts.tsx";
import { useGet, useNow } from "../state/store.ts";

export function HostsPage({ mayOperate }: PageProps) {
  const now = useNow();
  const { value, fault, again } = useGet<{ readonly hosts: readonly HostView[] }>("hosts", 2_000);
  const hosts = value?.hosts ?? [];
  return (
    <>
      <h1>Hosts</h1>
      <Fault fault={fault} />
      {hosts.length === 0 ? (
        <Empty>{value === undefined ? "Loading…" : "There are no hosts in config/hosts."}</Empty>
      ) : null}
      <ul class="cards">
        {hosts.map((host) => (
          <Host key={host.name} host={host} now={now} mayOperate={mayOperate} again={again} />
        ))}
      </ul>
    </>
  );
}

interface HostProps {
  readonly host: HostView;
  readonly now: number;
  readonly mayOperate: boolean;
  readonly again: () => void;
}

function Host({ host, now, mayOperate, again }: HostProps) {
  const { name, address, port, slots, paused, fault } = host;
  const order = (what: "pause" | "release") => async () => {
    await post(`hosts/${encodeURIComponent(name)}/${what}`);
    again();
  };
  return (
    <li class="card">
      <h2>
        {name}{" "}
        {fault !== undefined ? (
          <Badge state="failing" />
        ) : paused !== undefined ? (
          <Badge state="paused" />
        ) : (
          <Badge state="good" />
        )}
      </h2>
      <p class="muted">{address === undefined ? "" : `${address}:${port}`}</p>
      {fault === undefined ? null : <p class="fault">{fault}</p>}
      {slots === undefined ? null : (
        <>
          <Progress
            share={slots.inUse / Math.max(1, slots.learned?.limit ?? slots.limit)}
            label={`connections of ${name}`}
          />
          <p>
            {slots.inUse} of {slots.learned?.limit ?? slots.limit} connections in use
          </p>
          {(slots.waiting ?? []).length === 0 ? null : (
            <p>
              Waiting: {slots.waiting?.map(({ job, demands }) => `${job} (${count(demands)})`).join(", ")}
            </p>
          )}
          {slots.learned === undefined ? null : (
            <p class="muted">
              The server allows {slots.learned.limit}; the file says {slots.limit}. Last refused{" "}
              <Time at={slots.learned.at} now={now} />.
            </p>
          )}
        </>
      )}
      {paused === undefined ? null : (
        <p class="because">
          {paused.because}. Tried again <Time at={paused.until} now={now} />{" "}
          <span class="muted">
            ({instant(paused.until)}, pause {paused.times})
          </span>
        </p>
      )}
      {mayOperate && fault === undefined ? (
        <p class="acts">
          {paused === undefined ? (
            <Act label={`Pause 10 min: ${name}`} act={order("pause")}>
              Pause 10 min
            </Act>
          ) : (
            <Act label={`Release: ${name}`} act={order("release")}>
              Release
            </Act>
          )}
        </p>
      ) : null}
    </li>
  );
}
