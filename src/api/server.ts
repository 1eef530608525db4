import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Directories } from "../config/load/directories.ts";
import type { Part } from "../orchestrator/shutdown.ts";
import { type Installation, openInstallation } from "../orchestrator/installation.ts";
import { ConfigError, messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/logger.ts";
import { Scope } from "../shared/scope.ts";
import { appOf } from "./app.ts";
import type { DaemonFile } from "../config/schema/daemon.ts";
import { type AccessToken, tokenOf } from "./access/auth.ts";
import { isLimited } from "./access/limits.ts";
import { WrongTokens } from "./access/wrong-tokens.ts";
import { DefinitionCache } from "./definitions.ts";
import { Examiner } from "./examiner.ts";
import type { ApiDeps, Parts } from "./deps.ts";
import { EventStreams } from "./event-stream.ts";
import { lately } from "./views/lately.ts";
import { loadPage } from "./page-files.ts";
import { processMetrics } from "./monitoring/metrics.ts";
import { readStanding } from "./views/standing.ts";

/** How long the answer to one reading of everything serves all who ask. */
const LOOK_MS = 400;
/** How often a port that another process has is tried again. */
const AGAIN_MS = 2_000;
/** What is being answered may take so long after the end has come. */
const GRACE_MS = 1_000;

type Server = ReturnType<typeof createAdaptorServer>;

interface ApiOptions {
  readonly directories: Directories;
  readonly log: Logger;
  /** What else runs in this process. */
  readonly parts: Parts;
  readonly version: string;
}

/**
 * Answers over HTTP. Beside other parts it waits for a port that another daemon has, for work has to go on.
 * @throws ConfigError for an address that cannot be listened on, or a token that cannot be fetched
 */
export async function startApi(options: ApiOptions): Promise<Part> {
  const scope = new Scope();
  try {
    const onBadRow = (row: string, because: string) =>
      options.log.warn({ row, because }, "ignored an invalid row in Redis");
    const how = { whenAway: "fail", tell: () => {}, onBadRow, starts: false } as const;
    const installation = scope.use(await openInstallation(options.directories, how));
    const streams = new EventStreams(options.log);
    const definitions = scope.use(new DefinitionCache(options.directories));
    const examiner = scope.use(new Examiner({ installation, ...options }));
    const app = appOf(await depsOf(installation, { definitions, streams, examiner }, options));
    const server = createAdaptorServer({ fetch: app.fetch });
    scope.defer(() => close(server));
    scope.use(streams);
    scope.use(await listen(server, installation, options));
    return {
      get isRunning() {
        return server.listening;
      },
      close: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function depsOf(
  installation: Installation,
  { definitions, streams, examiner }: Pick<ApiDeps, "definitions" | "streams" | "examiner">,
  { directories, log, parts, version }: ApiOptions,
): Promise<ApiDeps> {
  const { daemon, clock } = installation;
  const { address, tokens, allowUrls, publicJobs } = daemon.value.api;
  const standing = lately(() => readStanding({ installation, definitions }), LOOK_MS, clock);
  return {
    installation,
    directories,
    definitions,
    standing,
    streams,
    examiner,
    parts,
    tokens: await Promise.all(tokens.map((token) => fetched(token, daemon))),
    wrongTokens: new WrongTokens(clock),
    allowUrls,
    address,
    log,
    ofProcess: processMetrics(),
    version,
    page: await loadPage(),
    startedMs: clock.now(),
    publicJobs,
  };
}

async function fetched(
  { name, role, tokenFrom, jobs, hosts, paths }: DaemonFile["api"]["tokens"][number],
  { secret }: Installation["daemon"],
): Promise<AccessToken> {
  const limits = {
    ...(jobs === undefined ? {} : { jobs }),
    ...(hosts === undefined ? {} : { hosts }),
    ...(paths === undefined ? {} : { paths }),
  };
  return tokenOf(name, role, await secret(tokenFrom), isLimited(limits) ? limits : undefined);
}

/** Ends trying with its scope. */
async function listen(
  server: Server,
  { daemon }: Installation,
  { log, parts }: ApiOptions,
): Promise<Disposable> {
  const { address, port } = daemon.value.api;
  const ending = new AbortController();
  // While it listens, too: a process with too many open files cannot accept a connection, and goes on.
  server.on("error", (error) => {
    if (server.listening)
      log.warn({ because: messageOf(error) }, "the API could not accept a connection; it keeps listening");
  });
  const attempt = async () => {
    server.listen(port, address);
    await once(server, "listening");
    const bound = server.address() as AddressInfo;
    log.info({ address: bound.address, port: bound.port }, "API listening");
  };
  const again = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
    if (!ending.signal.aborted) await attempt().catch(again);
  };
  try {
    await attempt();
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (!isTaken || parts.size === 0) throw new ConfigError(messageOf(error), "api.address, api.port");
    log.warn(
      { address, port },
      "waiting for the API port, which another process is using; set api.port to use another port",
    );
    void again();
  }
  return { [Symbol.dispose]: () => ending.abort() };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  const late = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), GRACE_MS);
  await closed;
  clearTimeout(late);
}
