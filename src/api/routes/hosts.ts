import { hostViews } from "../hosts.ts";
import { isHostWithin } from "../limits.ts";
import { route } from "../route.ts";
import { HostList } from "../schemas.ts";

export const listHosts = route({
  id: "listHosts",
  method: "get",
  path: "/api/v1/hosts",
  role: "read",
  summary: "All hosts, with their slots, and why nothing goes on with one",
  answer: HostList,
  handle: async (deps, { caller: { limits } }) => ({
    hosts: (await hostViews(deps)).filter(({ name }) => isHostWithin(limits, name)),
  }),
});
