import { keyOfNamedHost, hostViews } from "../hosts.ts";
import { releaseHost } from "../../orchestrator/runs/release-host.ts";
import { isHostWithin, isLimited } from "../access/limits.ts";
import { Refusal } from "../problem.ts";
import { route } from "../route.ts";
import { HostList, type HostView } from "../views/schemas.ts";

/** Other jobs are not for everybody to know of. */
function withoutJobs({ slots, ...host }: HostView): HostView {
  if (slots === undefined) return host;
  const { waiting: _, ...rest } = slots;
  return { ...host, slots: rest };
}

export const listHosts = route({
  id: "listHosts",
  method: "get",
  path: "/api/v1/hosts",
  role: "read",
  summary: "All hosts, with their connection slots and the reason if one is paused",
  answer: HostList,
  handle: async (deps, { caller: { limits } }) => {
    const hosts = (await hostViews(deps)).filter(({ name }) => isHostWithin(limits, name));
    return { hosts: isLimited(limits) ? hosts.map(withoutJobs) : hosts };
  },
});

export const hostOrders = (["pause", "release"] as const).map((what) =>
  route({
    id: `${what}Host`,
    method: "post",
    path: `/api/v1/hosts/{host}/${what}`,
    role: "operate",
    isOfAll: true,
    summary:
      what === "pause"
        ? "Pause a host for ten minutes: start nothing new there; transfers in flight continue"
        : "Resume a paused host now",
    answer: HostList,
    problems: [404],
    handle: async (deps, { params, caller }) => {
      const { kv, clock } = deps.installation;
      const name = params["host"] ?? "";
      const key = await keyOfNamedHost(name, deps.directories);
      if (key === undefined) throw new Refusal(404, `unknown host ${name}`);
      if (what === "pause") await kv.breaker.pause(key, `paused by ${caller.name}`, clock.now());
      else await releaseHost(deps.installation, key);
      return { hosts: (await hostViews(deps)).filter((host) => host.name === name) };
    },
  }),
);
