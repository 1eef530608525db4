import { WAITS } from "../../shared/waits.ts";
import { z } from "zod";
import { ConfigError } from "../../shared/errors.ts";
import { choice, Duration, oneOrMany, parsable, parsed, text, wholeNumber, yesOrNo } from "./fields.ts";
import { SecretSource } from "./hosts.ts";
import { longDuration } from "./long-duration.ts";
import { parseRedisAddress, parseRedisUrl } from "./redis-address.ts";

const fileName = text("the name of a file");
const ADDRESS = "an address such as redis.example.org:6379";
const Addresses = oneOrMany(ADDRESS, parsed(ADDRESS, parseRedisAddress));
const SECRET = "{env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT, …]}";

const Sentinels = z.strictObject({
  name: text("the name of the master in Sentinel").describe("Name of the master in Sentinel"),
  addresses: Addresses.describe("Addresses of the Sentinels, host:port"),
  passwordFrom: SecretSource.optional().describe(
    "Where the Sentinels' own password comes from, as passwordFrom below",
  ),
});

const Tls = z.strictObject({
  verify: yesOrNo()
    .default(true)
    .describe("Whether the certificate must be trusted and match the server's name (default: true)"),
  caFile: fileName
    .optional()
    .describe("PEM file of CA certificates to trust instead of the system's; relative to this file"),
  serverName: text("a name")
    .optional()
    .describe("Name expected in the certificate, if it differs from the address"),
});

const Redis = z
  .strictObject({
    url: parsed("a URL such as redis://redis.example.org:6379/0", parseRedisUrl)
      .optional()
      .describe(
        "redis://HOST:PORT/DATABASE, rediss:// with TLS, or unix:///PATH. Default: a private Redis that the daemon starts and stops",
      ),
    sentinels: Sentinels.optional().describe("Redis Sentinel to find the master, instead of a URL"),
    cluster: Addresses.optional().describe("Some nodes of a Redis Cluster, host:port, instead of a URL"),
    user: text("the name of a user").optional().describe("User to log in as (default: none)"),
    passwordFrom: SecretSource.optional().describe(
      `Where the password comes from: ${SECRET} (default: none)`,
    ),
    tls: Tls.optional().describe("TLS settings; with a URL, rediss:// is enough"),
    prefix: text("letters, digits, hyphens and underscores", /^[A-Za-z0-9_-]{1,64}$/)
      .default("fxpd")
      .describe("Prefix of all keys, for several installations that share one Redis (default: fxpd)"),
  })
  .superRefine(({ url, sentinels, cluster, ...rest }, context) => {
    const given = Object.entries({ url, sentinels, cluster }).filter(([, value]) => value !== undefined);
    const fault = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    const second = given[1];
    if (second !== undefined) fault(second[0], "expected only one of url, sentinels and cluster");
    if (given.length > 0) return;
    for (const key of ["user", "passwordFrom", "tls"] as const) {
      if (rest[key] !== undefined) fault(key, "not used with the private Redis; set url as well");
    }
  });

const NAMES = "a name such as nightly-*";

function parseNames(value: string): void {
  if (!/^[A-Za-z0-9._*?-]{1,255}$/.test(value)) throw new ConfigError(`expected ${NAMES}`);
}

const ADDRESSES = "true, false, or addresses such as ftp.example.org or *.example.org";

const Token = z.strictObject({
  name: text("a name for the owner of the token").describe("Name of its owner, recorded in the audit trail"),
  tokenFrom: SecretSource.describe(`Where it comes from: ${SECRET}`),
  role: choice("read", "operate")
    .default("read")
    .describe("read: see everything; operate: also submit, cancel, pause, resume and retry (default: read)"),
  jobs: oneOrMany(NAMES, parsable(NAMES, parseNames))
    .optional()
    .describe("Names of the jobs it may see and operate; * matches any characters (default: all)"),
  hosts: oneOrMany(NAMES, parsable(NAMES, parseNames))
    .optional()
    .describe("Names of the only hosts its jobs may use (default: all)"),
  paths: oneOrMany(
    "a directory such as /pub",
    text("a directory such as /pub, without ..", /^(?!.*\.\.)[^\r\n\0*?[{]+$/),
  )
    .optional()
    .describe("Directories on those hosts that its jobs may read and write (default: all)"),
});

const Api = z
  .strictObject({
    address: text("an IP address or a name", /^[^\s/]+$/)
      .default("127.0.0.1")
      .describe("Address to listen on (default: 127.0.0.1)"),
    port: wholeNumber(0, 65_535)
      .default(8021)
      .describe("Port to listen on; 0 for any free port (default: 8021)"),
    tokens: z
      .array(Token)
      .default([])
      .describe("Bearer tokens and their permissions; without any, every local user has read-only access"),
    publicJobs: oneOrMany(NAMES, parsable(NAMES, parseNames))
      .default([])
      .describe(
        "Names of the jobs whose status is public without a token at /tunasync.json; * matches any characters (default: none)",
      ),
    allowUrls: z
      .union(
        [z.boolean(), z.array(text("an address such as *.example.org", /^[A-Za-z0-9._:*?-]{1,255}$/))],
        `expected ${ADDRESSES}`,
      )
      .default(false)
      .describe(
        "Whether a request may name servers by URL: false: only hosts in config/hosts; true: any server; or a list of allowed addresses (default: false)",
      ),
  })
  .refine(({ address, tokens }) => tokens.length > 0 || /^(127\.|::1$|localhost$)/.test(address), {
    path: ["tokens"],
    message: "an API that is reachable from other machines needs tokens",
  })
  .refine(({ tokens }) => new Set(tokens.map(({ name }) => name)).size === tokens.length, {
    path: ["tokens"],
    message: "two tokens have the same name",
  });

/** A webhook's address and what it gets. */
export const NOTICE_FORMATS = ["json", "slack", "teams", "ntfy", "pagerduty", "ping"] as const;

const Occasion = choice("failed", "partial", "refused", "recovered", "late", "stale", "succeeded");
const occasions = z
  .array(Occasion)
  .min(1, "expected at least one")
  .default(["failed", "partial", "refused", "recovered", "late", "stale"])
  .describe(
    "Events to report: failed, partial, refused, recovered, late, stale, succeeded (default: all but succeeded)",
  );

const jobsOfNotices = oneOrMany(NAMES, parsable(NAMES, parseNames))
  .optional()
  .describe("Names of the jobs to report on; * matches any characters (default: all)");

const Webhook = z
  .strictObject({
    url: parsable("a URL such as https://example.org/hook", parseWebhook)
      .optional()
      .describe("http:// or https:// address that receives a POST request"),
    urlFrom: SecretSource.optional().describe(
      `Where the address comes from, instead of url, if the address itself is a secret, as with Slack and Teams: ${SECRET}`,
    ),
    format: choice(...NOTICE_FORMATS)
      .default("json")
      .describe(
        "Format of the request: json: everything that is known; slack, teams, ntfy, pagerduty: a message in that service's format; ping: success or failure for healthchecks.io (default: json)",
      ),
    secretFrom: SecretSource.optional().describe(
      `With json: the key that signs requests (HMAC-SHA-256); with pagerduty: the integration key; with ntfy: an access token. Where it comes from: ${SECRET} (default: none)`,
    ),
    on: occasions,
    jobs: jobsOfNotices,
  })
  .superRefine(({ url, urlFrom, format, secretFrom }, context) => {
    const fault = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (url !== undefined && urlFrom !== undefined) fault("urlFrom", "expected only one of url and urlFrom");
    if (url === undefined && urlFrom === undefined && format !== "pagerduty")
      fault("url", "expected a URL such as https://example.org/hook, or urlFrom");
    if (format === "pagerduty" && secretFrom === undefined)
      fault("secretFrom", "expected where the integration key comes from");
    if (secretFrom !== undefined && ["slack", "teams", "ping"].includes(format))
      fault("secretFrom", `not used with ${format}; put a secret address into urlFrom`);
  });

const MAIL = "an e-mail address such as ops@example.org";
const mailAddress = text(MAIL, /^[^\s@<>]+@[^\s@<>]+$/);

const Email = z.strictObject({
  server: text(
    "a name or address without a port; the port has its own key",
    /^([^\s:/@]+|(?=.*:.*:)[0-9A-Fa-f:.]+)$/,
  ).describe("Mail server (SMTP)"),
  port: wholeNumber(1, 65_535).default(587).describe("Port of the mail server (default: 587)"),
  tls: choice("required", "implicit", "off")
    .default("required")
    .describe("required: STARTTLS is mandatory; implicit: TLS from the first byte; off (default: required)"),
  user: text("the name of a user").optional().describe("User to log in as (default: none)"),
  passwordFrom: SecretSource.optional().describe(`Where its password comes from: ${SECRET}`),
  from: mailAddress.describe("Sender address"),
  to: oneOrMany(MAIL, mailAddress).describe("Recipients: one address or several"),
  on: occasions,
  jobs: jobsOfNotices,
});

/** `config/daemon.yaml`: how the daemon is run, or a separate scheduler, worker or API. */
export const DaemonFile = z
  .strictObject({
    redis: Redis.prefault({}).describe("Redis for queues and records (default: a private Redis)"),
    dataDirectory: fileName
      .optional()
      .describe(
        "Directory of the private Redis and this machine's state; relative to this file (default: $FXPD_STATE, else ~/.local/state/fxpd)",
      ),
    api: Api.prefault({}).describe("The HTTP API"),
    signingKeyFrom: SecretSource.optional().describe(
      `Where the key for signing job orders comes from; the same on all machines that share a Redis, at least 32 characters: ${SECRET} (default: a key generated in the data directory)`,
    ),
    worker: z
      .strictObject({
        concurrency: wholeNumber(1, 256)
          .default(4)
          .describe("Slices of runs that a worker processes in parallel, 1 to 256 (default: 4)"),
      })
      .prefault({})
      .describe("Settings of a worker"),
    retention: z
      .strictObject({
        age: longDuration(3_650)
          .prefault("30d")
          .describe("How long the record of a run is kept after its end, at most 3650d (default: 30d)"),
        count: wholeNumber(1, 1_000_000)
          .default(1_000)
          .describe("Maximum number of records of ended runs, all jobs together (default: 1000)"),
      })
      .prefault({})
      .describe("When the records of runs are deleted"),
    notifications: z
      .strictObject({
        webhooks: z.array(Webhook).default([]).describe("Webhooks: HTTP addresses to notify"),
        email: Email.optional().describe("Mail notifications"),
      })
      .prefault({})
      .describe("Notifications of runs with problems, and of the first successful run afterwards"),
    shutdown: z
      .strictObject({
        grace: Duration.prefault(WAITS.shutdown.ms / 1_000).describe(
          "How long running transfers may take to finish after SIGTERM before they are stopped, to be resumed later; at most 1d (default: 30s)",
        ),
      })
      .prefault({})
      .describe("Settings for shutting down"),
  })
  .describe("Settings of the fxpd daemon");
export type DaemonFile = z.infer<typeof DaemonFile>;

function parseWebhook(value: string): void {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError("expected a URL such as https://example.org/hook");
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigError("do not put passwords in this file; to sign requests, use secretFrom");
  }
}
