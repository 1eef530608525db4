import { Hono } from "hono";
import { jsonText } from "../shared/printable.ts";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import { messageOf } from "../shared/errors.ts";
import type { AuditEntry } from "../state/audit/audit-row.ts";
import type { Caller } from "./access/auth.ts";
import { requireSameSite } from "./access/same-site.ts";
import type { ApiDeps } from "./deps.ts";
import { openApiRoute } from "./openapi.ts";
import { problemOf, Refusal } from "./problem.ts";
import type { Http, Variables } from "./http.ts";
import type { ApiRoute } from "./route.ts";
import { events, runEvents } from "./routes/events.ts";
import { healthz, readyz } from "./routes/health.ts";
import { allHistory, jobHistory } from "./routes/history.ts";
import { examineLink, getExamination, rememberedOfLink } from "./routes/examinations.ts";
import { linkHistory, listLinks } from "./routes/links.ts";
import { hostOrders, listHosts } from "./routes/hosts.ts";
import { getJob, listJobs, pauses, skips } from "./routes/jobs.ts";
import { metrics } from "./routes/metrics.ts";
import { pageFile } from "./page.ts";
import { tunasync } from "./routes/tunasync.ts";
import { getAudit, getSystem, whoAmI } from "./routes/system.ts";
import { reload } from "./routes/reload.ts";
import { getInFlight, getLog, getRun, getTranscripts, listRuns, orders, submitRun } from "./routes/runs.ts";
import { dueTimesRoute } from "./routes/schedule.ts";

/** Bytes of a body; a job with some thousand rules is less. */
const MOST_BODY = 262_144;

export const ROUTES: readonly ApiRoute[] = [
  ...[listJobs, getJob, ...pauses, ...skips],
  ...[listRuns, submitRun, getRun, getLog, getTranscripts, getInFlight, runEvents, ...orders],
  ...[events, dueTimesRoute, listHosts, reload],
  ...[allHistory, jobHistory, listLinks, linkHistory],
  ...[rememberedOfLink, examineLink, getExamination],
  ...[whoAmI, getSystem, getAudit, tunasync, ...hostOrders],
  ...[healthz, readyz, metrics],
];

/** Answers are for programs, and whether there is TLS before us is not ours to promise. */
const HEADERS = { contentSecurityPolicy: { defaultSrc: ["'none'"] }, strictTransportSecurity: false };

/** The page has no inline script or style, and talks to nobody but us. */
const PAGE_HEADERS = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  strictTransportSecurity: false,
};

function isOfPage(path: string): boolean {
  return path === "/" || path.startsWith("/assets/");
}

/** All that is answered over HTTP. */
export function appOf(deps: ApiDeps): Hono<Variables> {
  const app = new Hono<Variables>();
  const ofPage = secureHeaders(PAGE_HEADERS);
  const ofAnswers = secureHeaders(HEADERS);
  app.use((http, next) => (isOfPage(http.req.path) ? ofPage : ofAnswers)(http, next));
  app.use(uncached, audit(deps));
  app.use(sameSite(deps), bodyLimit({ maxSize: MOST_BODY, onError: tooLarge }));
  const routes = [...ROUTES, openApiRoute(ROUTES, deps.version)];
  for (const route of routes)
    app.on(route.method.toUpperCase(), honoPath(route), (http) => route.answerTo(http, deps));
  for (const path of new Set(routes.map(honoPath))) {
    const allowed = routes
      .filter((route) => honoPath(route) === path)
      .map(({ method }) => method.toUpperCase());
    app.all(path, (http) => {
      http.header("Allow", allowed.join(", ")); // RFC 9110 §15.5.6
      throw new Refusal(405, `this endpoint supports only ${allowed.join(" and ")}`);
    });
  }
  for (const path of ["/", "/assets/:file"]) app.get(path, (http) => pageFile(http, deps));
  app.notFound((http) => answerProblem(new Refusal(404, "no such endpoint"), http, deps));
  app.onError((error, http) => answerProblem(error, http, deps));
  return app;
}

/** `/runs/{run}` as Hono writes it. */
function honoPath({ path }: ApiRoute): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}

const uncached = createMiddleware(async (http, next) => {
  await next();
  if (http.res.headers.get("Cache-Control") === null) http.header("Cache-Control", "no-store");
});

/** Whatever is to change something leaves a row: who, from where, what, on what, and whether it was granted. */
function audit({ log, installation }: ApiDeps) {
  return createMiddleware<Variables>(async (http, next) => {
    await next();
    if (http.req.method === "GET" || http.req.method === "HEAD") return;
    const details = { ...(http.get("affected") as object | undefined), status: http.res.status };
    const by = (http.get("caller") as Caller | undefined)?.name;
    log.info({ by, request: `${http.req.method} ${http.req.path}`, ...details }, "request through the API");
    const row = auditEntryOf(http, by);
    // What was done was done; that it is not in the trail must not stay unknown.
    await installation.audit
      .append(row)
      .catch((error: unknown) =>
        log.error(
          { ...row, failure: messageOf(error) },
          "cannot write to the audit trail; the trail lacks this entry",
        ),
      );
  });
}

function auditEntryOf(http: Http, who: string | undefined): AuditEntry {
  const { status } = http.res;
  const outcome = status < 400 ? "done" : status < 500 ? "refused" : "failed";
  const [, subject, last] = /^\/api\/v1\/[^/]+(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(http.req.path) ?? [];
  const affected = http.get("affected") as { readonly run?: string; readonly link?: string } | undefined;
  return {
    who,
    from: http.env.incoming.socket.remoteAddress ?? "unknown",
    what: last ?? VERBS[http.req.path] ?? `${http.req.method} ${http.req.path}`,
    on: affected?.run ?? affected?.link ?? subject,
    outcome,
    because: http.get("refusal"),
  };
}

/** What is asked for where the path does not end in it. */
const VERBS: Readonly<Record<string, string>> = {
  "/api/v1/runs": "submit",
  "/api/v1/reload": "reload",
  "/api/v1/links/examination": "doctor",
};

function sameSite({ address }: ApiDeps) {
  return createMiddleware<Variables>(async (http, next) => {
    const header = (name: string) => http.req.header(name);
    // A link on another page may lead here: the page itself tells nothing.
    const site = http.req.path === "/" ? undefined : header("sec-fetch-site");
    const asking = { host: header("host"), origin: header("origin"), site };
    requireSameSite(address, asking);
    await next();
  });
}

function tooLarge(): never {
  throw new Refusal(413, `the request body is larger than ${MOST_BODY} bytes`);
}

function answerProblem(error: unknown, http: Http, { installation: { kv }, log }: ApiDeps): Response {
  const isRedisAway = !kv.server.isReady || messageOf(error) === "Command timed out";
  const problem = problemOf(error, isRedisAway);
  if (problem.status === 500)
    log.error({ request: http.req.path, because: messageOf(error) }, "internal error in the API");
  http.set("refusal", problem.detail);
  if (problem.status === 429) http.header("Retry-After", "10");
  if (problem.status === 401) http.header("WWW-Authenticate", 'Bearer realm="fxpd"');
  return http.body(jsonText(problem), problem.status as 500, {
    "Content-Type": "application/problem+json",
  });
}
