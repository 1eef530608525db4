import { trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { TreeRuns } from "../support/tree-runs.ts";

const exporter = new InMemorySpanExporter();
let redis: TestRedis;
beforeAll(async () => {
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  redis = await startRedis();
});
afterAll(async () => {
  trace.disable();
  await redis[Symbol.asyncDispose]();
});

const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;

test("a run, its slices and its files are one trace of OpenTelemetry, by whichever worker", async () => {
  await using runs = await TreeRuns.open(redis.port, "traces");
  runs.source.tree.makeDirectory("/in", 0);
  runs.target.tree.makeDirectory("/out", 0);
  for (const name of ["good", "bad"]) runs.source.tree.write(`/in/${name}`, Buffer.from("x"), 0);
  runs.source.fault({ kind: "refusal", at: "/in/bad", verbs: ["RETR"], reply: "550 no" });
  await runs.ask({ copy: { from: "a:/in/*", to: "b:/out/" }, retries: 0 });
  await runs.own.worker();
  const spans = () => exporter.getFinishedSpans();
  await vi.waitFor(() => expect(spans().some(({ name }) => name === "fxpd.run")).toBe(true), {
    timeout: 60_000,
    interval: 50,
  });
  const named = (name: string) => spans().filter((span) => span.name === name);
  const [run] = named("fxpd.run");
  expect(run?.attributes).toMatchObject({ "fxpd.run": "run", "fxpd.job": "job", "fxpd.outcome": "partial" });
  const slices = named("fxpd.slice");
  expect(slices.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
    slices.map(() => idOf(run)),
  );
  const files = named("fxpd.file");
  expect(
    files.map(({ attributes }) => [attributes["fxpd.source"], attributes["fxpd.outcome"]]).sort(),
  ).toEqual([
    ["a:/in/bad", "failed"],
    ["a:/in/good", "succeeded"],
  ]);
  for (const file of files) expect(slices.map(idOf)).toContain(file.parentSpanContext?.spanId);
  expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
});
