import { MINIMUM_RATE, TIMEOUTS } from "../../shared/waits.ts";
import { z } from "zod";
import { parseTimetable, RATE } from "../../shared/rate/timetable.ts";
import { parseBytes } from "../../shared/units.ts";
import { charsetCalled, charsetNames } from "../../ftp/charset/charsets.ts";
import { ConfigError } from "../../shared/errors.ts";
import { suggestion } from "../load/nearest.ts";
import { refusalOfLoginCommand } from "../../ftp/login-commands.ts";
import { HOST_NAME } from "../locations/location.ts";
import { choice, Duration, oneOfKeys, parsable, parsed, text, wholeNumber, TimeZone } from "./fields.ts";

const fileName = text("the name of a file");

/** Where a secret comes from; no file of ours contains a secret itself. */
export const SecretSource = oneOfKeys({
  env: text("the name of an environment variable", /^[A-Za-z_][A-Za-z0-9_]*$/).describe(
    "An environment variable",
  ),
  file: fileName.describe(
    "A file that only its owner can read; its first line is used. Relative to $CREDENTIALS_DIRECTORY, else to this file",
  ),
  command: z
    .array(text("a word of the command"))
    .min(1, "expected a program and its arguments")
    .describe(
      "A program and its arguments, run without a shell for at most 30 s; the first line of its output is used",
    ),
});
export type SecretSource = z.infer<typeof SecretSource>;

function requireLoginCommand(line: string): void {
  const refusal = refusalOfLoginCommand(line);
  if (refusal !== undefined) throw new ConfigError(refusal);
}

/** Rates of links, by the names of the hosts at their other ends. */
const LinkRates = z
  .record(text("the name of a host, or local for this machine", HOST_NAME), parsed(RATE, parseTimetable))
  .optional();

const policy = choice("required", "prefer", "off");

const Tls = z
  .strictObject({
    policy: policy
      .optional()
      .describe(
        "required: TLS for control and data connections is mandatory; prefer: if the server supports it; off: never (default: prefer)",
      ),
    start: choice("explicit", "implicit")
      .default("explicit")
      .describe(
        "explicit: AUTH TLS on the standard port; implicit: TLS from the start, on port 990 (default: explicit)",
      ),
    verify: z
      .boolean()
      .default(true)
      .describe("Whether the certificate must be trusted and match the server's name (default: true)"),
    caFile: fileName
      .optional()
      .describe("PEM file of CA certificates to trust instead of the system's; relative to this file"),
    fingerprint: text(
      "the SHA-256 of a certificate, 64 hexadecimal digits",
      /^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/,
    )
      .transform((digits) => digits.replaceAll(":", "").toLowerCase())
      .optional()
      .describe(
        "SHA-256 fingerprint of the only certificate to trust, no matter who signed it: 64 hexadecimal digits, colons allowed",
      ),
    serverName: text("a name")
      .optional()
      .describe("Name expected in the certificate, if it differs from the address"),
  })
  .refine(({ start, policy }) => start === "explicit" || policy === undefined || policy === "required", {
    path: ["policy"],
    message: "with start: implicit, TLS starts with the first byte; expected required",
  });

/** `config/hosts/<host>.yaml`: a server we may talk to. */
export const HostFile = z
  .strictObject({
    address: text(
      "a name or address without a port; the port has its own key",
      /^([^\s:/@[\]]+|(?=.*:.*:)[0-9A-Fa-f:.]+)$/,
    ).describe("Name or address of the server, IPv6 without brackets"),
    port: wholeNumber(1, 65_535)
      .optional()
      .describe("Port of the control connection, 1 to 65535 (default: 21; with implicit TLS 990)"),
    user: text("the name of a user")
      .optional()
      .describe("User to log in as (default: from ~/.netrc, else anonymous)"),
    passwordFrom: SecretSource.optional().describe(
      "Where the password comes from: {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT, …]} (default: ~/.netrc)",
    ),
    accountFrom: SecretSource.optional().describe(
      "Where the account that some servers ask for (ACCT) comes from; as passwordFrom",
    ),
    tls: z
      .union([policy, Tls], "expected required, prefer, off, or keys with values")
      .prefault({})
      .transform((value) =>
        typeof value === "string" ? Tls.parse({ policy: value }, { jitless: true }) : value,
      )
      .describe("required, prefer or off; or keys for details (default: prefer)"),
    localAddress: z
      .union([z.ipv4(), z.ipv6()], "expected an IP address")
      .optional()
      .describe(
        "IP address of this machine that control and data connections come from (default: the system chooses)",
      ),
    virtualHost: text("a name")
      .optional()
      .describe("Virtual host to request before login (HOST) (default: none)"),
    dataAddresses: z
      .array(z.union([z.ipv4(), z.ipv6()], "expected an IP address"))
      .default([])
      .describe(
        "IP addresses that the server's data connections may use in addition to its own (default: none)",
      ),
    dataOpening: choice("auto", "passive", "active")
      .default("auto")
      .describe(
        "Data connections with this machine: opened by fxpd (passive), by the server (active), or whichever works (auto) (default: auto)",
      ),
    charset: parsed("the name of a character set, such as windows-1251", parseCharset)
      .optional()
      .describe(
        "Character set of file names on the server: windows-1251, koi8-r, iso-8859-1, shift_jis, euc-jp, gbk, gb18030, big5, euc-kr, cp437 … (default: UTF-8; bytes that are not valid UTF-8 are kept as they are between servers)",
      ),
    timeZone: TimeZone.optional().describe(
      "IANA name of the time zone that the server's LIST and STAT show times in, such as Europe/Berlin; times of MLSD and MDTM are UTC (default: measured where it matters)",
    ),
    commandsAhead: choice("auto", "off")
      .default("auto")
      .describe(
        "Whether commands are pipelined (sent before the previous reply arrives): auto: if this server software is known to support it; or off (default: auto)",
      ),
    loginCommands: z
      .array(parsable("a command such as SITE IDLE 3600", requireLoginCommand))
      .max(20, "expected at most 20 commands")
      .default([])
      .describe(
        "Commands sent after each login, such as SITE IDLE 3600 or CLNT name; not those that log in, open data connections, move or change files, or change how files are written (default: none)",
      ),
    inPlace: choice("never", "when-needed", "always")
      .optional()
      .describe(
        "Whether files are written directly under their final names, instead of under temporary names that are then renamed: never: refuse them if the server does not rename; when-needed: only if it does not; always (default: when-needed)",
      ),
    limits: z
      .strictObject({
        connections: wholeNumber(1, 1_000)
          .default(8)
          .describe("Maximum number of simultaneous connections, 1 to 1000 (default: 8)"),
        loginsPerMinute: wholeNumber(1, 100_000)
          .optional()
          .describe("Maximum number of logins per minute, all workers together (default: no limit)"),
        rate: parsed(RATE, parseTimetable)
          .optional()
          .describe(
            `Maximum rate of all files from and to this host, all workers together: ${RATE} (default: off)`,
          ),
        rateTo: LinkRates.describe(
          `Maximum rate of all files from this host to another one, by the name of its host file (local: this machine), all workers together: {edge: 5M} (default: off)`,
        ),
        rateFrom: LinkRates.describe(
          `Maximum rate of all files from another host to this one, by the name of its host file (local: this machine), all workers together: {local: 5M} (default: off)`,
        ),
      })
      .prefault({})
      .describe("Limits that protect the server"),
    timeouts: z
      .strictObject({
        connect: Duration.prefault(TIMEOUTS.connect / 1_000).describe(
          "Maximum wait for connection and greeting; at most 1d (default: 30s)",
        ),
        reply: Duration.prefault(TIMEOUTS.reply / 1_000).describe(
          "Maximum wait for the reply to a command; at most 1d (default: 60s)",
        ),
        stall: Duration.prefault(TIMEOUTS.stall / 1_000).describe(
          "Maximum time without data on a data connection; at most 1d (default: 60s)",
        ),
        idle: Duration.prefault(TIMEOUTS.idle / 1_000).describe(
          "Idle time after which fxpd closes a connection; at most 1d (default: 4m)",
        ),
        minimumRate: parsed("a number of bytes such as 100 or 10k; 0 for no minimum", parseBytes)
          .prefault(MINIMUM_RATE)
          .describe(
            "Minimum bytes per second of a transfer or listing, measured over timeouts.stall, below which it is aborted: 100, 10k; 0 for no minimum (default: 100)",
          ),
      })
      .prefault({})
      .describe("Timeouts: 500ms, 30s, 5m, 1h30m; a plain number means seconds"),
  })
  .describe("An FTP server that fxpd connects to");
export type HostFile = z.infer<typeof HostFile>;

/** @throws ConfigError for a character set that nobody here knows, or in which commands could not be read */
function parseCharset(word: string): string {
  const charset = charsetCalled(word);
  if (charset !== undefined) return charset;
  throw new ConfigError(
    `${JSON.stringify(word)} is not a character set that file names can be converted from${suggestion(word, charsetNames())}`,
  );
}
