import { z } from "zod";
import { Duration } from "./options.ts";

/** Where a secret comes from; secrets themselves stand in no file of ours. */
export const SecretSource = z
  .union([
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ file: z.string().min(1) }),
    z.strictObject({ command: z.array(z.string()).min(1) }),
  ])
  .describe(
    "One of {env: NAME}, {file: PATH}, {command: [PROGRAM, ARGUMENT, …]}; of file and output the first line counts",
  );
export type SecretSource = z.infer<typeof SecretSource>;

const policy = z.enum(["required", "prefer", "off"]);

const Tls = z.strictObject({
  policy: policy
    .default("prefer")
    .describe("required: TLS on control and data or nothing; prefer: where the server has it; off: never"),
  start: z
    .enum(["explicit", "implicit"])
    .default("explicit")
    .describe("explicit: AUTH TLS on the ordinary port; implicit: TLS at once, port 990"),
  verify: z.boolean().default(true).describe("Whether the certificate must be trusted and name the server"),
  caFile: z.string().optional().describe("PEM file of the authorities to trust instead of the system's"),
  fingerprint: z
    .string()
    .regex(
      /^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/,
      "expected the certificate's SHA-256, 64 hexadecimal digits",
    )
    .optional()
    .describe("SHA-256 of the one certificate to trust, whoever signed it"),
  serverName: z
    .string()
    .optional()
    .describe("Name to expect in the certificate, where it is not the address"),
});

/** `config/hosts/<host>.yaml`: a server we may talk to. */
export const HostFile = z.strictObject({
  address: z.string().min(1).describe("Name or address of the server"),
  port: z.int().min(1).max(65_535).optional().describe("Default 21, with implicit TLS 990"),
  user: z.string().min(1).default("anonymous").describe("Account to log in with"),
  passwordFrom: SecretSource.optional().describe(
    "Where the password comes from; default ~/.netrc, and an address for anonymous",
  ),
  accountFrom: SecretSource.optional().describe("Where the answer to a demand for ACCT comes from"),
  tls: z
    .union([policy, Tls])
    .default("prefer")
    .transform((value) => (typeof value === "string" ? Tls.parse({ policy: value }) : value))
    .describe(
      "required, prefer or off; or an object with policy, start, verify, caFile, fingerprint, serverName",
    ),
  virtualHost: z.string().optional().describe("Virtual host to ask for before login (HOST)"),
  dataAddresses: z
    .array(z.string())
    .default([])
    .describe("Addresses beside the server's own that its data connections may use"),
  dataOpening: z
    .enum(["auto", "passive", "active"])
    .default("auto")
    .describe("How data connections to this machine are opened: by us (passive) or by the server (active)"),
  limits: z
    .strictObject({
      connections: z.int().min(1).max(1_000).default(8).describe("Connections at once, 1 to 1000"),
    })
    .prefault({})
    .describe("What the server is to be spared"),
  timeouts: z
    .strictObject({
      connect: Duration.default(30_000).describe("Until the greeting; default 30s"),
      reply: Duration.default(60_000).describe("From a command to its reply; default 60s"),
      stall: Duration.default(60_000).describe(
        "Without an octet on a data connection, and for the reply behind the last one; default 60s",
      ),
    })
    .prefault({})
    .describe("How long to wait"),
});
export type HostFile = z.infer<typeof HostFile>;
