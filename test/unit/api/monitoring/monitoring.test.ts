import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { expect, test } from "vitest";
import { metricsText, processMetrics } from "../../../../src/api/monitoring/metrics.ts";

const CONFIG = join(import.meta.dirname, "../../../../config");

const Rules = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({
          alert: z.string().regex(/^Fxpd[A-Z]\w+$/),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.object({ severity: z.enum(["info", "warning", "critical"]) }),
          annotations: z.object({ summary: z.string() }),
        }),
      ),
    }),
  ),
});
const Dashboard = z.object({
  uid: z.string(),
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).min(1) })),
});

/** All that the API tells where everything is known, by name: type and labels. */
async function told(): Promise<ReadonlyMap<string, { readonly type: string; readonly labels: Set<string> }>> {
  const at = "2026-11-21T12:00:00.000Z";
  const job = { name: "j", paused: false, stale: false, staleAt: at, lastGoodAt: at };
  const slots = { inUse: 1, limit: 2, learned: { limit: 1, at } };
  const ours = await metricsText({
    nowMs: Date.parse(at),
    version: "9.9.9",
    totals: { retries: 1, resumed: 1 },
    workers: 1,
    lanes: { busy: 1, waiting: 0, idle: 0, waitingFor: new Map() },
    runs: [],
    jobs: [{ ...job, next: { dueAt: at, startAt: at } }],
    hosts: [{ name: "h", slots }],
    queues: { runs: { waiting: 1 } },
    measures: {},
    parts: new Map([["worker", { isRunning: true }]]),
  });
  const metrics = new Map<string, { type: string; labels: Set<string> }>();
  for (const line of `${ours}\n${await processMetrics()()}`.split("\n")) {
    const [, name = "", type = ""] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== "") metrics.set(name, { type, labels: new Set() });
    const [, sample = "", labels = ""] = /^([a-z_]+)\{(.*)\} \S+$/.exec(line) ?? [];
    for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) metrics.get(sample)?.labels.add(label);
  }
  return metrics;
}

function namesIn(expression: string): readonly string[] {
  return [...expression.matchAll(/\b(?:fxpd|process|nodejs)_\w+/g)].map(([name]) => name);
}

test("alert rules and the Grafana dashboard load, and ask for nothing that the API does not tell", async () => {
  const { groups } = Rules.parse(parse(readFileSync(join(CONFIG, "prometheus/fxpd-alerts.yaml"), "utf8")));
  const { panels } = Dashboard.parse(JSON.parse(readFileSync(join(CONFIG, "grafana/fxpd.json"), "utf8")));
  const rules = groups.flatMap((group) => group.rules);
  const targets = panels.flatMap((panel) => panel.targets);
  const expressions = [...rules, ...targets].map(({ expr }) => expr);
  expect(rules.length).toBeGreaterThan(5);
  const metrics = await told();
  for (const expression of expressions) {
    const names = namesIn(expression);
    expect(names.length, expression).toBeGreaterThan(0);
    for (const name of names) expect(metrics.has(name), `${name} in ${expression}`).toBe(true);
  }
  for (const { annotations, expr } of rules)
    for (const [, label = ""] of annotations.summary.matchAll(/\$labels\.(\w+)/g))
      expect(
        namesIn(expr).some((name) => metrics.get(name)?.labels.has(label)),
        `${label}: ${expr}`,
      ).toBe(true);
});

test("metrics are named by the conventions: counters end in _total, gauges do not, and those of the process keep their own names", async () => {
  const metrics = await told();
  const ours = [...metrics].filter(([name]) => name.startsWith("fxpd_"));
  for (const [name, { type }] of ours) expect(name.endsWith("_total"), name).toBe(type === "counter");
  expect([...metrics.keys()]).toEqual(
    expect.arrayContaining([
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "nodejs_eventloop_lag_seconds",
    ]),
  );
  expect([...metrics.keys()].filter((name) => /^fxpd_(process|nodejs)/.test(name))).toEqual([]);
});
