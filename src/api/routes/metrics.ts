import { metricsText, readMetrics } from "../monitoring/metrics.ts";
import { route } from "../route.ts";

export const metrics = route({
  id: "getMetrics",
  isOfAll: true,
  method: "get",
  path: "/metrics",
  role: "read",
  summary: "Metrics of all runs and of this process, for Prometheus",
  mediaType: "text/plain",
  handle: async (deps, { http }) => {
    const text = (await metricsText(await readMetrics(deps))) + (await deps.ofProcess());
    return http.text(text, 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
  },
});
