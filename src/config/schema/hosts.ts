import { MINIMUM_RATE, TIMEOUTS } from "../../shared/waits.ts";
import { z } from "zod";
import { parseBytes } from "../../shared/units.ts";
import { choice, Duration, oneOfKeys, parsed, text, wholeNumber } from "./fields.ts";

const fileName = text("the name of a file");

/** Where a secret comes from; secrets themselves stand in no file of ours. */
export const SecretSource = oneOfKeys({
  env: text("the name of an environment variable", /^[A-Za-z_][A-Za-z0-9_]*$/).describe(
    "An environment variable",
  ),
  file: fileName.describe(
    "A file that only its owner can read; its first line counts. Relative to $CREDENTIALS_DIRECTORY, else to this file",
  ),
  command: z
    .array(text("a word of the command"))
    .min(1, "expected a program and its arguments")
    .describe(
      "A program and its arguments, run without a shell for at most 30 s; the first line it writes counts",
    ),
});
export type SecretSource = z.infer<typeof SecretSource>;

const policy = choice("required", "prefer", "off");

const Tls = z
  .strictObject({
    policy: policy
      .optional()
      .describe(
        "required: TLS on control and data, or nothing; prefer: where the server has it; off: never. Default prefer",
      ),
    start: choice("explicit", "implicit")
      .default("explicit")
      .describe(
        "explicit: AUTH TLS on the ordinary port; implicit: TLS at once, on port 990. Default explicit",
      ),
    verify: z
      .boolean()
      .default(true)
      .describe("Whether the certificate has to be trusted and to name the server; default true"),
    caFile: fileName
      .optional()
      .describe("PEM file of the authorities to trust instead of the system's; relative to this file"),
    fingerprint: text(
      "the SHA-256 of a certificate, 64 hexadecimal digits",
      /^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/,
    )
      .transform((digits) => digits.replaceAll(":", "").toLowerCase())
      .optional()
      .describe(
        "SHA-256 of the one certificate to trust, whoever signed it: 64 hexadecimal digits, colons allowed",
      ),
    serverName: text("a name")
      .optional()
      .describe("Name to expect in the certificate, where it is not the address"),
  })
  .refine(({ start, policy }) => start === "explicit" || policy === undefined || policy === "required", {
    path: ["policy"],
    message: "with start: implicit the first octet is TLS already; expected required",
  });

/** `config/hosts/<host>.yaml`: a server we may talk to. */
export const HostFile = z
  .strictObject({
    address: text(
      "a name or an address alone; the port has its own key",
      /^([^\s:/@[\]]+|[0-9A-Fa-f:.]+)$/,
    ).describe("Name or address of the server, IPv6 without brackets"),
    port: wholeNumber(1, 65_535)
      .optional()
      .describe("Port of the control connection, 1 to 65535; default 21, with implicit TLS 990"),
    user: text("the name of a user")
      .optional()
      .describe("User to log in as; default from ~/.netrc, else anonymous"),
    passwordFrom: SecretSource.optional().describe(
      "Where the password comes from: {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT, …]}; default ~/.netrc",
    ),
    accountFrom: SecretSource.optional().describe(
      "Where the account comes from that some servers ask for (ACCT); as passwordFrom",
    ),
    tls: z
      .union([policy, Tls], "expected required, prefer, off, or keys with values")
      .prefault({})
      .transform((value) => (typeof value === "string" ? Tls.parse({ policy: value }) : value))
      .describe("required, prefer or off; or keys that say more. Default prefer"),
    virtualHost: text("a name")
      .optional()
      .describe("Virtual host to ask for before login (HOST); default none"),
    dataAddresses: z
      .array(z.union([z.ipv4(), z.ipv6()], "expected an IP address"))
      .default([])
      .describe("IP addresses beside the server's own that its data connections may use; default none"),
    dataOpening: choice("auto", "passive", "active")
      .default("auto")
      .describe(
        "Data connections to this machine: opened by us (passive), by the server (active), or as it works (auto). Default auto",
      ),
    commandsAhead: choice("auto", "off")
      .default("auto")
      .describe(
        "Whether commands are written ahead of replies: auto, where this kind of server is known to take it; or off. Default auto",
      ),
    limits: z
      .strictObject({
        connections: wholeNumber(1, 1_000).default(8).describe("Connections at once, 1 to 1000; default 8"),
        loginsPerMinute: wholeNumber(1, 100_000)
          .optional()
          .describe("Logins within a minute, by all workers together; default no limit"),
      })
      .prefault({})
      .describe("What the server is to be spared"),
    timeouts: z
      .strictObject({
        connect: Duration.prefault(TIMEOUTS.connect / 1_000).describe(
          "Until the greeting; at most 1d, default 30s",
        ),
        reply: Duration.prefault(TIMEOUTS.reply / 1_000).describe(
          "From a command to its reply; at most 1d, default 60s",
        ),
        stall: Duration.prefault(TIMEOUTS.stall / 1_000).describe(
          "Without an octet on a data connection; at most 1d, default 60s",
        ),
        idle: Duration.prefault(TIMEOUTS.idle / 1_000).describe(
          "Without a command, until we close the connection; at most 1d, default 4m",
        ),
        minimumRate: parsed("a number of bytes such as 100 or 10k; 0 for no minimum", parseBytes)
          .prefault(MINIMUM_RATE)
          .describe(
            "Bytes a second below which a transfer or a listing is given up, measured over timeouts.stall: 100, 10k; 0: never. Default 100",
          ),
      })
      .prefault({})
      .describe("How long to wait: 500ms, 30s, 5m, 1h30m; a number alone is seconds"),
  })
  .describe("A server that fxpd may talk to");
export type HostFile = z.infer<typeof HostFile>;
