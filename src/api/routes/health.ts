import { reasonsAgainst, signsOf } from "../monitoring/health.ts";
import { route } from "../route.ts";
import { Health } from "../views/schemas.ts";

export const healthz = route({
  id: "getHealth",
  method: "get",
  path: "/healthz",
  role: "anybody",
  summary: "Liveness: whether this process responds",
  answer: Health,
  handle: async () => ({ ok: true, reasons: [] }),
});

export const readyz = route({
  id: "getReadiness",
  method: "get",
  path: "/readyz",
  role: "anybody",
  summary: "Readiness: whether work is being done; otherwise 503 with the reason",
  answer: Health,
  problems: [503],
  handle: async (deps, { http }) => {
    const reasons = reasonsAgainst(await signsOf(deps));
    return http.json({ ok: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
  },
});
