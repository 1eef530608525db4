import { z } from "zod";
import { text } from "../../config/schema/fields.ts";
import { type HostLink, LINK_HOURS } from "../../orchestrator/history/links.ts";
import { rememberedIn } from "../../transfer/evidence/remembered.ts";
import { routeKey } from "../../transfer/move/third-party/route.ts";
import type { ApiDeps } from "../deps.ts";
import { keyOfNamedHost } from "../hosts.ts";
import { LinkHistory, LinkList } from "../views/history-schemas.ts";
import { linkHourView, linkView } from "../views/history-views.ts";
import { isHostWithin, isLimited } from "../access/limits.ts";
import { Refusal } from "../problem.ts";
import { route } from "../route.ts";

const Hours = text("a whole number from 1 to 840", /^([1-9]\d?|[1-7]\d{2}|8[0-3]\d|840)$/).describe(
  `How many hours up to now, 1 to ${LINK_HOURS}`,
);

export const listLinks = route({
  id: "listLinks",
  method: "get",
  path: "/api/v1/links",
  role: "read",
  summary: "Files and bytes transferred between each pair of hosts in the last 35 days",
  query: z.strictObject({ hours: Hours.default("24") }),
  answer: LinkList,
  handle: async (deps, { caller: { limits }, query: { hours } }) => {
    const { links, clock } = deps.installation;
    const nowMs = clock.now();
    const seen = (await links.all(nowMs)).filter(
      ({ source, target }) => isHostWithin(limits, source) && isHostWithin(limits, target),
    );
    const found = await links.hoursOfAll(seen, nowMs, Number(hours));
    // Reasons are those of all jobs' files.
    const hasCauses = !isLimited(limits);
    const refused = hasCauses ? await refusalsOf(seen, deps) : [];
    return {
      hours: Number(hours),
      links: seen.map((link, at) => ({
        ...linkView(link, found[at] ?? [], hasCauses),
        ...((refused[at]?.length ?? 0) === 0 ? {} : { refused: [...(refused[at] ?? [])] }),
      })),
    };
  },
});

/** Of each link, the methods that are remembered as refused. */
function refusalsOf(
  links: readonly HostLink[],
  { directories, installation: { kv, clock } }: Pick<ApiDeps, "directories" | "installation">,
): Promise<readonly (readonly string[])[]> {
  const accounts = new Map<string, Promise<string | undefined>>();
  const accountOf = (host: string) => {
    const known = accounts.get(host) ?? keyOfNamedHost(host, directories);
    accounts.set(host, known);
    return known;
  };
  const memory = kv.memory();
  return Promise.all(
    links.map(async (link) => {
      const [source, target] = [await accountOf(link.source), await accountOf(link.target)];
      if (source === undefined || target === undefined) return [];
      const key = routeKey(source, target);
      const evidence = rememberedIn(key, await memory.recall(key), clock.now())?.evidence ?? [];
      return evidence.filter(({ is }) => is === "refused").map(({ about }) => about);
    }),
  );
}

export const linkHistory = route({
  id: "getLinkHistory",
  method: "get",
  path: "/api/v1/links/history",
  role: "read",
  summary: "Files and bytes transferred from one host to another, per hour",
  query: z.strictObject({
    source: text("the name of a host").describe("Source host"),
    target: text("the name of a host").describe("Target host"),
    hours: Hours.default("168"),
  }),
  answer: LinkHistory,
  problems: [404],
  handle: async ({ installation: { links, clock } }, { caller: { limits }, query }) => {
    const { source, target, hours } = query;
    if (!isHostWithin(limits, source) || !isHostWithin(limits, target))
      throw new Refusal(404, `no link from ${source} to ${target} that this token may see`);
    const found = await links.hours({ source, target }, clock.now(), Number(hours));
    return { source, target, hours: found.map((hour) => linkHourView(hour, !isLimited(limits))) };
  },
});
