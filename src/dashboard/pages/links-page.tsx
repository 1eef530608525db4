import type { LinkHourView, LinkView } from "../../api/views/history-schemas.ts";
import { Chart, filled } from "../chart.tsx";
import { bytes, count, many } from "../format.ts";
import { FaultMessage, Placeholder } from "../parts.tsx";
import type { PageProps } from "../page-props.ts";
import { ExaminationPanel, RememberedWays } from "./link-ways.tsx";
import { useGet, useNow } from "../state/store.ts";
import { hrefOf } from "../state/route.ts";

/** Share of files that succeeded, in words and in a class for its colour. */
function shareOf({ succeeded, failed }: Pick<LinkView, "succeeded" | "failed">): readonly [string, string] {
  const all = succeeded + failed;
  if (all === 0) return ["idle", "quiet"];
  const percent = Math.floor((succeeded / all) * 100);
  return [`${percent} %`, percent === 100 ? "good" : percent >= 90 ? "warn" : "bad"];
}

function methodOf({ methods }: Pick<LinkView, "methods">): string {
  const [first] = Object.entries(methods).sort(([, one], [, two]) => two - one);
  return first?.[0] ?? "–";
}

interface LinksProps extends PageProps {
  readonly source: string;
  readonly target: string;
}

export function LinksPage({ source, target, ...page }: LinksProps) {
  const { value, fault } = useGet<{ readonly links: readonly LinkView[] }>("links?hours=24", 10_000);
  const links = value?.links ?? [];
  const sources = [...new Set(links.map((link) => link.source))].sort();
  const targets = [...new Set(links.map((link) => link.target))].sort();
  return (
    <>
      <h1>Links</h1>
      <p class="muted">
        Transfers between hosts in the last 24 hours: the share of files that succeeded, the most frequent
        method, the bytes and the average rate of one file. Select a cell to see the history of that link.
      </p>
      <FaultMessage fault={fault} />
      {links.length === 0 ? (
        <Placeholder from={{ value, fault }}>
          No files were transferred between hosts in the last 24 hours.
        </Placeholder>
      ) : null}
      {links.length === 0 ? null : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Matrix of links">
          <table class="matrix">
            <thead>
              <tr>
                <th scope="col">from \ to</th>
                {targets.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {sources.map((from) => (
                <tr key={from}>
                  <th scope="row">{from}</th>
                  {targets.map((to) => (
                    <LinkCell key={to} link={links.find((one) => one.source === from && one.target === to)} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {source === "" ? null : <LinkDetail key={`${source} ${target}`} {...{ source, target }} {...page} />}
    </>
  );
}

function LinkCell({ link }: { readonly link: LinkView | undefined }) {
  if (link === undefined) return <td class="none">–</td>;
  const [share, colour] = shareOf(link);
  const refused = link.refused?.length ?? 0;
  const rate = link.bytesPerSecond === undefined ? "" : `${bytes(link.bytesPerSecond)}/s`;
  return (
    <td class={colour}>
      <a href={hrefOf("links", link.source, link.target)}>
        <span class="hidden">
          {link.source} to {link.target}:
        </span>
        <strong>{share}</strong>
        <span>{methodOf(link)}</span>
        <span>
          {bytes(link.bytes)} {rate === "" ? "" : `· ${rate}`}
        </span>
        {link.failed === 0 ? null : <span>{count(link.failed)} failed</span>}
        {refused === 0 ? null : (
          <span title={link.refused?.join(", ")}>{many(refused, "method")} refused</span>
        )}
      </a>
    </td>
  );
}

function LinkDetail({ source, target, ...page }: LinksProps) {
  const now = useNow();
  const query = `source=${encodeURIComponent(source)}&target=${encodeURIComponent(target)}`;
  const { value, fault } = useGet<{ readonly hours: readonly LinkHourView[] }>(
    `links/history?${query}&hours=168`,
    30_000,
  );
  const hours = value?.hours ?? [];
  const causes = new Map<string, number>();
  const methods = new Map<string, number>();
  for (const hour of hours) {
    for (const [cause, sum] of Object.entries(hour.causes ?? {}))
      causes.set(cause, (causes.get(cause) ?? 0) + sum);
    for (const [method, sum] of Object.entries(hour.methods))
      methods.set(method, (methods.get(method) ?? 0) + sum);
  }
  const last = hours.at(-1);
  const points = hours.map((hour) => ({ at: Date.parse(hour.at) / 1_000, value: hour.bytes }));
  const bars = filled(points, 3_600, 168, now / 1_000);
  const busiest = hours.reduce((most, hour) => Math.max(most, hour.concurrency), 0);
  return (
    <section aria-labelledby="link">
      <h2 id="link">
        <a href={hrefOf("hosts", source)}>{source}</a> → <a href={hrefOf("hosts", target)}>{target}</a>
      </h2>
      <FaultMessage fault={fault} />
      {last === undefined ? (
        <Placeholder from={{ value, fault }}>
          No files were transferred on this link in the last 7 days.
        </Placeholder>
      ) : (
        <>
          <p class="muted">
            Last 7 days: {[...methods].map(([name, sum]) => `${many(sum, "file")} by ${name}`).join(", ")}
            {busiest < 0.01 ? "" : `; ${busiest.toFixed(2)} files in transfer on average in the busiest hour`}
          </p>
          <Chart
            label={`bytes per hour over the last 7 days, ${bytes(last.bytes)} in the latest hour`}
            times={bars.times}
            series={[{ label: "bytes", colour: "--accent", isBars: true, values: bars.values }]}
          />
          {causes.size === 0 ? null : (
            <ul class="causes">
              {[...causes]
                .sort(([, one], [, two]) => two - one)
                .map(([cause, sum]) => (
                  <li key={cause}>
                    <strong>{count(sum)} ×</strong> {cause}
                  </li>
                ))}
            </ul>
          )}
        </>
      )}
      <RememberedWays source={source} target={target} />
      <ExaminationPanel source={source} target={target} {...page} />
    </section>
  );
}
