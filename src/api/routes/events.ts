import { z } from "zod";
import { text } from "../../config/schema/fields.ts";
import { CLOCK_SKEW_MS } from "../../shared/clock.ts";
import type { Run } from "../../orchestrator/runs/run.ts";
import type { ApiDeps } from "../deps.ts";
import type { StreamedEvent } from "../event-stream.ts";
import { Refusal } from "../problem.ts";
import { route } from "../route.ts";
import { flyingOf, isNewTo, ChangeTracker, visibleTo } from "../views/standing.ts";
import { inFlightViews, logViews, runView } from "../views/views.ts";
import { visibleRun } from "../access/visible.ts";

/** How often it is looked whether something has changed. */
const LOOK_MS = 500;
/** What the id of a run's last event ends in: nothing comes behind it. */
const END = "/end";

const LastEvent = z.object({
  "last-event-id": z.string().optional().describe("Continue after this event"),
});

export const events = route({
  id: "listenToAll",
  method: "get",
  path: "/api/v1/events",
  role: "read",
  summary:
    "State of jobs, runs and examinations of links as server-sent events: `job`, `run` and `examination` with the complete object, once at the start and on every change; `job-removed` with the name of a job whose file is gone",
  headers: LastEvent,
  mediaType: "text/event-stream",
  handle: async (deps, { http, caller }) => {
    const lastId = Number(/^\d+$/.exec(http.req.header("last-event-id") ?? "")?.[0] ?? Number.NaN);
    const seenUntilMs = Number.isNaN(lastId) ? undefined : lastId - CLOCK_SKEW_MS;
    const standing = async () => visibleTo(caller.limits, await deps.standing());
    return deps.streams.open(http, caller, (signal) => changes({ ...deps, standing }, seenUntilMs, signal));
  },
});

/** Says that there is nothing to say: who only looks in need not wait for more. */
const NOTHING: readonly StreamedEvent[] = [];

async function* changes(
  { standing, installation: { clock } }: ApiDeps,
  seenUntilMs: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly StreamedEvent[]> {
  const tracker = new ChangeTracker();
  for (let isFirst = true; ; await clock.sleep(LOOK_MS, signal)) {
    const now = await unlessAway(standing);
    if (now === undefined) {
      yield NOTHING;
      continue;
    }
    const changes = tracker.since(now).filter((change) => !isFirst || isNewTo(change, seenUntilMs));
    if (isFirst || changes.length > 0)
      yield changes.map(({ event, value }) => ({ id: String(now.atMs), event, value }));
    isFirst = false;
  }
}

export const runEvents = route({
  id: "listenToRun",
  method: "get",
  path: "/api/v1/runs/{run}/events",
  role: "read",
  summary:
    "A run as server-sent events: `run` whenever its state or counters change, `log` for each log entry, `in-flight` with the files being copied whenever these change. The stream ends with the run",
  headers: LastEvent,
  query: z.strictObject({
    after: text("the id of a log entry", /^\d+(-\d+)?$/)
      .optional()
      .describe("Only entries after this one (default: from the beginning). Last-Event-ID takes precedence"),
  }),
  mediaType: "text/event-stream",
  problems: [404],
  handle: async (deps, { http, caller, params, query }) => {
    const run = await visibleRun(deps, caller, params["run"] ?? "");
    const last = http.req.header("last-event-id");
    // A client that gets this does not ask again (HTML, "Server-sent events").
    if (last?.endsWith(END) === true) return http.body(null, 204);
    const after = last === undefined ? (query.after ?? "0") : entryIdOf(last);
    return deps.streams.open(http, caller, (signal) => eventsOf(run, after, deps, signal));
  },
});

function entryIdOf(last: string): string {
  if (/^\d+(-\d+)?$/.test(last)) return last;
  throw new Refusal(422, "Last-Event-ID: expected the id of an event of this run");
}

async function* eventsOf(
  { id, order }: Run,
  after: string,
  deps: ApiDeps,
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent | readonly StreamedEvent[]> {
  const { store, clock } = deps.installation;
  const tracker = new ChangeTracker();
  let last = after;
  let flying: string | undefined;
  for (;;) {
    // The run before its log: what it logged before it ended comes before its end.
    const run = await unlessAway(async () => ({ now: await store.get(id) }));
    const entries = (await unlessAway(() => store.logs(id, last))) ?? [];
    last = entries.at(-1)?.id ?? last;
    const values = logViews(entries, { order });
    // Many at once: a log has thousands of entries.
    if (values.length > 0) yield values.map((value) => ({ id: value.id, event: "log", value }));
    if (run === undefined) yield NOTHING;
    if (entries.length > 0 || run === undefined) {
      if (entries.length === 0) await clock.sleep(LOOK_MS, signal);
      continue;
    }
    if (run.now === undefined) return;
    const { state } = run.now;
    const now = run.now;
    const files = (await unlessAway(() => flyingOf(now, deps))) ?? [];
    const changes = tracker.since({ jobs: [], runs: [runView(run.now, files)] });
    for (const { event, value } of changes)
      yield { id: state === "ended" ? `${last}${END}` : last, event, value };
    if (state === "ended") return;
    const views = inFlightViews(files, { order });
    const text = JSON.stringify(views);
    if (text !== flying) yield { id: last, event: "in-flight", value: { files: views } };
    flying = text;
    await clock.sleep(LOOK_MS, signal);
  }
}

/** Undefined while Redis is away: what happens is reported when it is back. */
async function unlessAway<T>(find: () => Promise<T>): Promise<T | undefined> {
  return find().catch(() => undefined);
}
