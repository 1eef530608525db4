import { context, type Span, SpanStatusCode, trace, TraceFlags, type Tracer } from "@opentelemetry/api";
import type { TransferEvent } from "../../batch/events.ts";

/** One step of a run, as OpenTelemetry knows it. */
export interface OpenSpan {
  /** By which others are its children, in whichever process (W3C Trace Context, §3.2); undefined: nobody records it. */
  readonly traceparent: string | undefined;
  /** A file that this step has moved, or not. @param nowMs when it ended, milliseconds since 1970 */
  file(event: TransferEvent, nowMs: number): void;
  /** @param because why it did not succeed */
  end(outcome: string, because?: string): void;
}

/**
 * Traces of runs, their slices and files. They go to whatever SDK of OpenTelemetry was loaded into this process, as with
 * `NODE_OPTIONS=--import=…`; without one nothing is recorded.
 */
export class Tracing {
  readonly #tracer: Tracer = trace.getTracer("fxpd");

  run(id: string, job: string, generation: number): OpenSpan {
    return this.#open("fxpd.run", { "fxpd.run": id, "fxpd.job": job, "fxpd.attempt": generation }, undefined);
  }

  /** @param parent as the run's span is known */
  slice(run: string, slice: string, files: number, parent: string | undefined): OpenSpan {
    return this.#open("fxpd.slice", { "fxpd.run": run, "fxpd.slice": slice, "fxpd.files": files }, parent);
  }

  #open(name: string, attributes: Readonly<Record<string, string | number>>, parent: string | undefined) {
    const within = parent === undefined ? undefined : contextOf(parent);
    const span = this.#tracer.startSpan(name, { attributes }, within ?? context.active());
    const file = (event: TransferEvent, nowMs: number) => {
      if (!span.isRecording()) return;
      const of = trace.setSpan(context.active(), span);
      const one = this.#tracer.startSpan("fxpd.file", { startTime: nowMs - event.seconds * 1_000 }, of);
      one.setAttributes(attributesOf(event));
      if (event.outcome === "failed") one.setStatus({ code: SpanStatusCode.ERROR, message: event.because });
      one.end(nowMs);
    };
    return { traceparent: traceparentOf(span), file, end: endingOf(span) };
  }
}

function endingOf(span: Span): OpenSpan["end"] {
  return (outcome, because) => {
    span.setAttribute("fxpd.outcome", outcome);
    if (outcome !== "succeeded") span.setStatus({ code: SpanStatusCode.ERROR, message: because ?? outcome });
    span.end();
  };
}

function attributesOf(event: TransferEvent): Readonly<Record<string, string | number>> {
  const { source, target, outcome, by, method, bytes, attempts } = event;
  return {
    ...{ "fxpd.source": source, "fxpd.target": target, "fxpd.outcome": outcome },
    ...{ "fxpd.bytes": bytes, "fxpd.attempts": attempts },
    ...(by === null ? {} : { "fxpd.by": by }),
    ...(method === null ? {} : { "fxpd.method": method }),
  };
}

/** Version 00: trace, span, whether it is recorded. */
function traceparentOf(span: Span): string | undefined {
  if (!span.isRecording()) return undefined;
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, "0")}`;
}

/** What is in Redis may be anything. */
function contextOf(traceparent: string) {
  const [, traceId, spanId, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  const traceFlags = Number.parseInt(flags ?? "0", 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(context.active(), { traceId, spanId, traceFlags, isRemote: true });
}
