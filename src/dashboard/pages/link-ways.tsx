import type { LinkExaminationView, RememberedView } from "../../api/views/link-schemas.ts";
import { clockTime, many } from "../format.ts";
import { Act } from "../act.tsx";
import { Badge, Empty, FaultMessage, Time, Placeholder } from "../parts.tsx";
import type { PageProps } from "../page-props.ts";
import { post } from "../state/client.ts";
import { keyOfLink, laterOf } from "../state/model.ts";
import { useGet, useNow } from "../state/store.ts";

interface Ends {
  readonly source: string;
  readonly target: string;
}

const queryOf = ({ source, target }: Ends) =>
  `source=${encodeURIComponent(source)}&target=${encodeURIComponent(target)}`;

/** What transfers between two hosts begin with: what worked before, and what was refused. */
export function RememberedWays(ends: Ends) {
  const now = useNow(5_000);
  const path = `links/remembered?${queryOf(ends)}`;
  const { value, fault } = useGet<{ readonly remembered: readonly RememberedView[] }>(path, 10_000);
  const remembered = value?.remembered ?? [];
  // Of this machine, and of a host without a file, nothing can be remembered.
  if (fault?.status === 404 || fault?.status === 403) return null;
  return (
    <section aria-labelledby="remembered">
      <h3 id="remembered">Remembered methods and features</h3>
      <FaultMessage fault={fault} />
      {remembered.length > 0 ? null : (
        <Placeholder from={{ value, fault }}>Nothing is remembered yet.</Placeholder>
      )}
      {remembered.length === 0 ? null : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of remembered methods and features">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Method or feature</th>
                <th scope="col">Finding</th>
                <th scope="col">Applies to</th>
                <th scope="col">Seen</th>
                <th scope="col">Kept until</th>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              {remembered.map((one, at) => (
                <tr key={at}>
                  <th scope="row">
                    <code>{one.about}</code>
                  </th>
                  <td>
                    <Badge state={one.is} />
                  </td>
                  <td>{one.of === "route" ? "this link" : one.of}</td>
                  <td>{one.since === undefined ? "–" : <Time at={one.since} now={now} />}</td>
                  <td>{one.until === undefined ? "–" : clockTime(one.until, now)}</td>
                  <td class="reason">{one.because}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** The last result of fxpd doctor for two hosts, and a button that runs it again. */
export function ExaminationPanel({ mayOperate, store, ...ends }: Ends & PageProps) {
  const now = useNow();
  const path = `links/examination?${queryOf(ends)}`;
  // The event stream reports each change; what happened while it was interrupted is asked for.
  const asked = useGet<LinkExaminationView>(path, 60_000);
  const { fault, again } = asked;
  const value = laterOf(store.examinations.get(keyOfLink(ends)), asked.value);
  const isNew = fault?.status === 404 && fault.message.includes("has not been examined");
  if (value === undefined && !isNew && (fault?.status === 404 || fault?.status === 403)) return null;
  return (
    <section aria-labelledby="doctor">
      <div class="bar">
        <h3 id="doctor">
          Doctor{" "}
          {value === undefined ? null : (
            <Badge state={value.state === "ended" ? (value.outcome ?? "failed") : value.state} />
          )}
        </h3>
        {mayOperate ? (
          <div class="acts">
            <Act
              label={`Run doctor: ${ends.source} to ${ends.target}`}
              isBusy={value?.state === "running"}
              act={async () => {
                await post("links/examination", { source: ends.source, target: ends.target });
                again();
              }}
            >
              Run doctor
            </Act>
          </div>
        ) : null}
      </div>
      {isNew && value === undefined ? (
        <Empty>
          Not examined yet. The doctor tries each method of transferring a file directly between these two
          servers. It stores small test files and removes them afterwards.
        </Empty>
      ) : (
        <FaultMessage fault={isNew ? undefined : fault} />
      )}
      {value === undefined ? null : <Findings examination={value} now={now} />}
    </section>
  );
}

function Findings({ examination, now }: { readonly examination: LinkExaminationView; readonly now: number }) {
  const { state, startedAt, by, software, tried, advice, left, because, source, target } = examination;
  const untried = tried.filter(({ outcome }) => outcome === "not-tried");
  return (
    <>
      <p class="muted">
        Started <Time at={startedAt} now={now} /> by {by}
        {software === undefined ? "" : `; ${source} is ${software.source}, ${target} is ${software.target}`}
        {state === "lost" ? "; interrupted because the API process ended" : ""}
      </p>
      {because === undefined ? null : <p class="fault">{because}</p>}
      {advice.length === 0 ? null : (
        <ul class="notes" aria-label="What to change">
          {advice.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      )}
      <ul class="methods" aria-label="Methods">
        {tried.filter(({ outcome }) => outcome !== "not-tried").map(methodItem)}
      </ul>
      {untried.length === 0 ? null : (
        <details>
          <summary>{many(untried.length, "method")} not tried</summary>
          <ul class="methods" aria-label="Methods that were not tried">
            {untried.map(methodItem)}
          </ul>
        </details>
      )}
      {left.map((path) => (
        <p key={path} class="fault">
          {path} could not be removed; delete it by hand
        </p>
      ))}
    </>
  );
}

function methodItem({ method, outcome, because }: LinkExaminationView["tried"][number]) {
  return (
    <li key={method}>
      <code>{method}</code> <Badge state={outcome} />
      {because === undefined ? null : <span class="muted"> {because}</span>}
    </li>
  );
}
