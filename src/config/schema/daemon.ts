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
  name: text("the name that the sentinels have for the master").describe(
    "What the sentinels call the master",
  ),
  addresses: Addresses.describe("The sentinels, host:port"),
  passwordFrom: SecretSource.optional().describe(
    "Where the sentinels' own password comes from, as passwordFrom below",
  ),
});

const Tls = z.strictObject({
  verify: yesOrNo()
    .default(true)
    .describe("Whether the certificate has to be trusted and to name the server; default true"),
  caFile: fileName
    .optional()
    .describe("PEM file of the authorities to trust instead of the system's; relative to this file"),
  serverName: text("a name")
    .optional()
    .describe("Name to expect in the certificate, where it is not the address"),
});

const Redis = z
  .strictObject({
    url: parsed("a URL such as redis://redis.example.org:6379/0", parseRedisUrl)
      .optional()
      .describe(
        "redis://HOST:PORT/DATABASE, rediss:// with TLS, or unix:///PATH. Default: a private Redis that the daemon starts and ends",
      ),
    sentinels: Sentinels.optional().describe("Sentinels that know the master, instead of its URL"),
    cluster: Addresses.optional().describe("Some nodes of a cluster, host:port, instead of a URL"),
    user: text("the name of a user").optional().describe("User to log in as; default none"),
    passwordFrom: SecretSource.optional().describe(`Where the password comes from: ${SECRET}; default none`),
    tls: Tls.optional().describe("TLS, and how; with a URL rediss:// is enough"),
    prefix: text("letters, digits, hyphens and underscores", /^[A-Za-z0-9_-]{1,64}$/)
      .default("fxpd")
      .describe("What all keys begin with, where several installations share a Redis; default fxpd"),
  })
  .superRefine(({ url, sentinels, cluster, ...rest }, context) => {
    const given = Object.entries({ url, sentinels, cluster }).filter(([, value]) => value !== undefined);
    const fault = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    const second = given[1];
    if (second !== undefined) fault(second[0], "expected one of url, sentinels and cluster");
    if (given.length > 0) return;
    for (const key of ["user", "passwordFrom", "tls"] as const) {
      if (rest[key] !== undefined) fault(key, "the private Redis needs none; expected a url as well");
    }
  });

const NAMES = "a name such as nightly-*";

function parseNames(value: string): void {
  if (!/^[A-Za-z0-9._*?-]{1,255}$/.test(value)) throw new ConfigError(`expected ${NAMES}`);
}

const ADDRESSES = "true, false, or addresses such as ftp.example.org or *.example.org";

const Token = z.strictObject({
  name: text("a name for whoever has it").describe("Who has it; stands in the audit trail"),
  tokenFrom: SecretSource.describe(`Where it comes from: ${SECRET}`),
  role: choice("read", "operate")
    .default("read")
    .describe("read: look at everything; operate: also submit, cancel, pause, resume, retry. Default read"),
  jobs: oneOrMany(NAMES, parsable(NAMES, parseNames))
    .optional()
    .describe("Names of the jobs that it may see and operate, * for any characters; default all"),
  hosts: oneOrMany(NAMES, parsable(NAMES, parseNames))
    .optional()
    .describe("Names of the hosts that its jobs may have to do with, and no others; default all"),
  paths: oneOrMany(
    "a directory such as /pub",
    text("a directory such as /pub, without ..", /^(?!.*\.\.)[^\r\n\0*?[{]+$/),
  )
    .optional()
    .describe("Directories, on those hosts, that its jobs may read and write in; default all"),
});

const Api = z
  .strictObject({
    address: text("an IP address or a name", /^[^\s/]+$/)
      .default("127.0.0.1")
      .describe("Address to listen on; default 127.0.0.1"),
    port: wholeNumber(0, 65_535)
      .default(8021)
      .describe("Port to listen on, 0 for any free one; default 8021"),
    tokens: z
      .array(Token)
      .default([])
      .describe("Bearer tokens and what they may do; without any, whoever is on this machine may read"),
    publicJobs: oneOrMany(NAMES, parsable(NAMES, parseNames))
      .default([])
      .describe(
        "Names of the jobs whose status anybody may read without a token, as /tunasync.json, * for any characters; default none",
      ),
    allowUrls: z
      .union(
        [z.boolean(), z.array(text("an address such as *.example.org", /^[A-Za-z0-9._:*?-]{1,255}$/))],
        `expected ${ADDRESSES}`,
      )
      .default(false)
      .describe(
        "Whether a request may name servers by URL: false: only hosts of config/hosts; true: any; or addresses of those that it may. Default false",
      ),
  })
  .refine(({ address, tokens }) => tokens.length > 0 || /^(127\.|::1$|localhost$)/.test(address), {
    path: ["tokens"],
    message: "an API that other machines reach needs tokens",
  })
  .refine(({ tokens }) => new Set(tokens.map(({ name }) => name)).size === tokens.length, {
    path: ["tokens"],
    message: "two tokens have the same name",
  });

/** How a webhook is told. */
export const FORMATS = ["json", "slack", "teams", "ntfy", "pagerduty", "ping"] as const;

const Occasion = choice("failed", "partial", "refused", "recovered", "late", "stale", "succeeded");
const occasions = z
  .array(Occasion)
  .min(1, "expected at least one")
  .default(["failed", "partial", "refused", "recovered", "late", "stale"])
  .describe(
    "What is told of: failed, partial, refused, recovered, late, stale, succeeded; default all but succeeded",
  );

const jobsOfNotices = oneOrMany(NAMES, parsable(NAMES, parseNames))
  .optional()
  .describe("Names of the jobs that it is about, * for any characters; default all");

const Webhook = z
  .strictObject({
    url: parsable("a URL such as https://example.org/hook", parseWebhook)
      .optional()
      .describe("http:// or https:// address that gets a POST"),
    urlFrom: SecretSource.optional().describe(
      `Where the address comes from, instead of url, where it is a secret itself as those of Slack and Teams are: ${SECRET}`,
    ),
    format: choice(...FORMATS)
      .default("json")
      .describe(
        "What it is sent: json: all that is known; slack, teams, ntfy, pagerduty: messages as these take them; ping: success or failure, as healthchecks.io takes it. Default json",
      ),
    secretFrom: SecretSource.optional().describe(
      `With json, where the key comes from that requests are signed with (HMAC-SHA-256); with pagerduty, the integration's key; with ntfy, an access token: ${SECRET}; default none`,
    ),
    on: occasions,
    jobs: jobsOfNotices,
  })
  .superRefine(({ url, urlFrom, format, secretFrom }, context) => {
    const fault = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (url !== undefined && urlFrom !== undefined) fault("urlFrom", "expected one of url and urlFrom");
    if (url === undefined && urlFrom === undefined && format !== "pagerduty")
      fault("url", "expected a URL such as https://example.org/hook, or urlFrom");
    if (format === "pagerduty" && secretFrom === undefined)
      fault("secretFrom", "expected where the integration's key comes from");
    if (secretFrom !== undefined && ["slack", "teams", "ping"].includes(format))
      fault("secretFrom", `${format} takes none; an address that is a secret goes into urlFrom`);
  });

const MAIL = "an e-mail address such as ops@example.org";
const mailAddress = text(MAIL, /^[^\s@<>]+@[^\s@<>]+$/);

const Email = z.strictObject({
  server: text(
    "a name or an address alone; the port has its own key",
    /^([^\s:/@]+|[0-9A-Fa-f:.]+)$/,
  ).describe("The mail server (SMTP)"),
  port: wholeNumber(1, 65_535).default(587).describe("Its port; default 587"),
  tls: choice("required", "implicit", "off")
    .default("required")
    .describe("required: STARTTLS or nothing; implicit: TLS from the first octet; off. Default required"),
  user: text("the name of a user").optional().describe("User to log in as; default none"),
  passwordFrom: SecretSource.optional().describe(`Where its password comes from: ${SECRET}`),
  from: mailAddress.describe("The sender"),
  to: oneOrMany(MAIL, mailAddress).describe("Who gets it: one address or several"),
  on: occasions,
  jobs: jobsOfNotices,
});

/** `config/daemon.yaml`: how the daemon, or a scheduler, worker or API apart, is run. */
export const DaemonFile = z
  .strictObject({
    redis: Redis.prefault({}).describe("Where queues and records are; default a private Redis"),
    dataDirectory: fileName
      .optional()
      .describe(
        "Where the private Redis and this machine's state are kept; relative to this file. Default $FXPD_STATE, else ~/.local/state/fxpd",
      ),
    api: Api.prefault({}).describe("The HTTP API"),
    signingKeyFrom: SecretSource.optional().describe(
      `Where the key comes from that orders are signed with, the same on all machines that share a Redis, at least 32 characters: ${SECRET}. Default a key of its own in the data directory`,
    ),
    worker: z
      .strictObject({
        concurrency: wholeNumber(1, 256)
          .default(4)
          .describe("Slices of runs that a worker has in hand at once, 1 to 256; default 4"),
      })
      .prefault({})
      .describe("What one worker takes on"),
    retention: z
      .strictObject({
        age: longDuration(3_650)
          .prefault("30d")
          .describe("How long the record of a run is kept after it has ended, at most 3650d; default 30d"),
        count: wholeNumber(1, 1_000_000)
          .default(1_000)
          .describe("How many records of ended runs are kept at most, of all jobs together; default 1000"),
      })
      .prefault({})
      .describe("When the records of runs are deleted"),
    notifications: z
      .strictObject({
        webhooks: z.array(Webhook).default([]).describe("Addresses that are told by HTTP"),
        email: Email.optional().describe("Who is told by mail"),
      })
      .prefault({})
      .describe("Who is told of runs that did not go well, and of the first that does again"),
    shutdown: z
      .strictObject({
        grace: Duration.prefault(WAITS.shutdown.ms / 1_000).describe(
          "How long files in flight may take to end after SIGTERM, before they are left to be resumed; at most 1d, default 30s",
        ),
      })
      .prefault({})
      .describe("How it ends"),
  })
  .describe("How fxpd is run as a daemon");
export type DaemonFile = z.infer<typeof DaemonFile>;

function parseWebhook(value: string): void {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError("expected a URL such as https://example.org/hook");
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigError("a password does not belong in this file; sign requests with secretFrom");
  }
}
