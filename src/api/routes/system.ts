import { z } from "zod";
import { text } from "../../config/schema/fields.ts";
import type { Reload } from "../../orchestrator/kv/reload-signal.ts";
import type { AuditRow } from "../../state/audit/audit-row.ts";
import { reasonsAgainst, signsOf } from "../monitoring/health.ts";
import { isLimited } from "../access/limits.ts";
import { QUEUED } from "../monitoring/metrics.ts";
import { route } from "../route.ts";
import { AuditList, Me, System, type SystemView } from "../views/system-schemas.ts";
import { isoOf } from "../views/views.ts";
import { workerViews } from "../views/worker-views.ts";

export const whoAmI = route({
  id: "getMe",
  method: "get",
  path: "/api/v1/me",
  role: "read",
  summary: "Name and rights of the token in use",
  answer: Me,
  handle: async ({ tokens }, { caller: { name, role, limits } }) => ({
    name,
    role,
    limited: isLimited(limits),
    tokens: tokens.length > 0,
  }),
});

export const getSystem = route({
  id: "getSystem",
  method: "get",
  path: "/api/v1/system",
  role: "read",
  isOfAll: true,
  summary: "State of the installation: workers, Redis, queues, versions, and errors in its files",
  answer: System,
  handle: async (deps) => {
    const { installation, parts, version, startedMs, definitions } = deps;
    const { queues, kv } = installation;
    const [signs, runs, slices, redis, jobs, schedulers, reloaded, workers] = await Promise.all([
      signsOf(deps),
      queues.runs.getJobCounts(...QUEUED),
      queues.slices.getJobCounts(...QUEUED),
      kv.server.figures(),
      definitions.all(),
      kv.reloads.listeners(),
      kv.reloads.last(),
      workerViews(installation),
    ]);
    const reasons = [...reasonsAgainst(signs)];
    return {
      version,
      node: process.versions.node,
      startedAt: isoOf(startedMs),
      parts: Object.fromEntries([...parts].map(([part, { isRunning }]) => [part, isRunning])),
      workers: signs.workers ?? 0,
      workerList: [...workers],
      schedulers,
      ...(reloaded === undefined ? {} : { lastReload: reloadView(reloaded) }),
      ready: { ok: reasons.length === 0, reasons },
      redis,
      queues: { runs, slices },
      jobs: jobs.definitions.length,
      faults: [...jobs.faults],
    };
  },
});

function reloadView({ atMs, from, because }: Reload): NonNullable<SystemView["lastReload"]> {
  return {
    ...{ at: isoOf(atMs), from, outcome: because === undefined ? "done" : "refused" },
    ...(because === undefined ? {} : { because }),
  };
}

export const getAudit = route({
  id: "listAudit",
  method: "get",
  path: "/api/v1/audit",
  role: "operate",
  isOfAll: true,
  summary: "Audit trail of the API's machine: who requested what, latest first",
  query: z.strictObject({
    limit: text("a whole number from 1 to 1000", /^([1-9]\d{0,2}|1000)$/)
      .default("100")
      .describe("Maximum number of rows, 1 to 1000 (default: 100)"),
  }),
  answer: AuditList,
  handle: async ({ installation: { audit } }, { query: { limit } }) => {
    const rows: AuditRow[] = [];
    for (const row of audit.rows()) {
      rows.push(row);
      if (rows.length > Number(limit)) rows.shift();
    }
    return {
      rows: rows.reverse().map(({ at, who, from, what, on, outcome, because }) => ({
        ...{ at, from, what, outcome },
        ...(who === undefined ? {} : { who }),
        ...(on === undefined ? {} : { on }),
        ...(because === undefined ? {} : { because }),
      })),
    };
  },
});
