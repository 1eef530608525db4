import { resolve } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { isDescribed } from "../../../config/load/files.ts";
import { settingsOf } from "../../../config/load/host-settings.ts";
import { ANONYMOUS_PASSWORD } from "../../../config/load/load-host.ts";
import { fetchSecret, isAnonymous, netrcEntry } from "../../../config/load/secrets.ts";
import { HOST_NAME } from "../../../config/locations/location.ts";
import { connectionOptions } from "../../../config/schema/connection-options.ts";
import { HostFile } from "../../../config/schema/hosts.ts";
import type { CertificateFacts } from "../../../ftp/connection/certificate.ts";
import { ProtectionError } from "../../../ftp/errors.ts";
import type { HostSettings } from "../../../ftp/settings.ts";
import { ConfigError, isCancellation, messageOf } from "../../../shared/errors.ts";
import { isoTime } from "../../../shared/iso-time.ts";
import { jsonText, printable } from "../../../shared/printable.ts";
import { chosen } from "../../chosen.ts";
import { type CommonOptions, directoriesOf } from "../../command-line.ts";
import { outputOf } from "../../output/chosen-output.ts";
import { createFile, type NewFile, pathOf, secretPath } from "../../host-files.ts";
import { EXIT } from "../../process/exit.ts";
import { interruptSignal } from "../../process/interrupt.ts";
import {
  asImplicit,
  asSeen,
  type NewHost,
  type DraftOptions,
  draftOf,
  mayBeImplicit,
  withPin,
} from "./draft.ts";
import { certificateLines, logInOnce, logInOrFindTls, loginLines, type LoginFacts } from "./login.ts";
import { Questions } from "./questions.ts";
import { statusOfLogin } from "./test.ts";

interface HostAddOptions extends CommonOptions, DraftOptions {
  readonly pin?: boolean;
  /** False for `--no-login`. */
  readonly login?: boolean;
  readonly timeout?: string;
}

const Options = z.strictObject({ timeout: connectionOptions.timeout });

/** `fxpd host add NAME` */
export async function hostAddCommand(name: string, given: HostAddOptions): Promise<number> {
  const output = outputOf({ ...given, json: true });
  const signal = interruptSignal();
  try {
    const directory = resolve(directoriesOf(given).config, "hosts");
    requireFree(name, directory);
    const { timeout } = chosen(Options, { timeout: given.timeout }, {});
    using questions = new Questions(signal);
    let draft = await draftOf(name, given, questions);
    let facts: LoginFacts | undefined;
    if (given.login !== false) {
      const settings = () => settingsFor(name, draft, directory, timeout);
      const logIn = async () => logInOnce(await settings(), output.transcript, signal);
      const inform = (text: string) => {
        if (process.stderr.isTTY && given.quiet !== true) process.stderr.write(`${printable(text)}\n`);
      };
      inform(`connecting to ${String(draft.keys["address"])} …`);
      try {
        const found = mayBeImplicit(draft)
          ? await logInOrFindTls(await settings(), output.transcript, signal)
          : await logIn();
        if (found === "implicit") {
          inform("The server expects TLS from the first byte (implicit TLS).");
          draft = asImplicit(draft);
          facts = await logIn();
        } else facts = found;
      } catch (error) {
        if (!(error instanceof ProtectionError) || error.certificate === undefined) throw error;
        draft = withPin(draft, await accepted(error, error.certificate, given, questions));
        facts = await logIn();
      }
      draft =
        given.pin === true && facts.certificate !== undefined
          ? withPin(draft, facts.certificate.fingerprint)
          : asSeen(draft, facts.protected);
    }
    const secrets = new Map(draft.secret === undefined ? [] : [["password", draft.secret]]);
    const file: NewFile = { directory, name, text: stringify(draft.keys, { lineWidth: 0 }), secrets };
    if ((await createFile(file, false)) !== "written") throw kept(file);
    tell(file, facts, given);
    return EXIT.done;
  } catch (error) {
    const isInterrupted = signal.aborted || isCancellation(error);
    output.fault(isInterrupted ? "interrupted" : asOptions(messageOf(error)));
    return isInterrupted ? EXIT.interrupted : statusOfLogin(error);
  } finally {
    output.end();
  }
}

function requireFree(name: string, directory: string): void {
  if (!HOST_NAME.test(name))
    throw new ConfigError(
      `"${name}" is not a valid name for a host; expected letters, digits, dots, hyphens and underscores`,
    );
  if (isDescribed(name, directory)) throw taken(name, directory);
}

/** Somebody else has made the file meanwhile, or a file with another secret lies where this one would be kept. */
function kept(file: NewFile): ConfigError {
  if (isDescribed(file.name, file.directory)) return taken(file.name, file.directory);
  const paths = [...file.secrets.keys()].map((kind) => secretPath(file, kind));
  return new ConfigError(
    `${paths.join(", ")} exists already; remove it, or choose another name for the host`,
  );
}

function taken(name: string, directory: string): ConfigError {
  return new ConfigError(
    `the host ${name} exists already, in ${directory}; choose another name, or change its file`,
  );
}

/** As the written file will be read, with a password that is not in its file yet. */
async function settingsFor(
  name: string,
  { keys, secret }: NewHost,
  directory: string,
  timeout: number | undefined,
): Promise<HostSettings> {
  const host = HostFile.parse(keys);
  const file = pathOf({ directory, name, text: "", secrets: new Map() });
  const { passwordFrom: source, user = "anonymous" } = host;
  const entry = source === undefined ? await netrcEntry(host.address, user) : undefined;
  const known = secret ?? entry?.password ?? (isAnonymous(user) ? ANONYMOUS_PASSWORD : undefined);
  const password = () => {
    if (known !== undefined) return Promise.resolve(known);
    if (source !== undefined) return fetchSecret(source, file);
    return Promise.reject(new ConfigError(`no password for ${user} at ${host.address} in ~/.netrc`));
  };
  return settingsOf(name, host, { timeout }, { credentials: { user, password } });
}

/** @returns the fingerprint of a certificate that somebody says is the right one. @throws ProtectionError where nobody does */
async function accepted(
  error: ProtectionError,
  certificate: CertificateFacts,
  given: HostAddOptions,
  questions: Questions,
): Promise<string> {
  const why = error.mistrust === undefined ? "" : ` (${error.mistrust})`;
  for (const line of [`The certificate is not trusted${why}:`, ...certificateLines(certificate)])
    process.stderr.write(`${printable(line)}\n`);
  const isRight =
    given.pin ?? (await questions.isAgreed("Accept this certificate, and from now on no other? [y/N] "));
  if (isRight) return certificate.fingerprint;
  throw new ProtectionError(
    `certificate not trusted${why} and not accepted; nothing was written. To accept it, answer y or use --pin`,
    error,
  );
}

/** Messages name keys of host files; here, options say the same. */
const AS_OPTIONS: readonly (readonly [string, string])[] = [
  ["ftps:// (tls.start: implicit)", "--tls implicit"],
  ["ftpes:// (tls.start: explicit)", "--tls required"],
  ["set tls: off for this host", "use --tls off"],
  ["set tls: required for this host; in a URL, use ftpes://", "use --tls required"],
  ["set tls: prefer (in a URL: ftp://)", "use --tls prefer"],
  ["set tls: prefer", "use --tls prefer"],
];

function asOptions(message: string): string {
  return AS_OPTIONS.reduce((text, [key, option]) => text.replace(key, option), message);
}

function tell(file: NewFile, facts: LoginFacts | undefined, { json, quiet }: HostAddOptions): void {
  const secrets = [...file.secrets.keys()].map((kind) => secretPath(file, kind));
  if (json === true) {
    const at = isoTime(Date.now());
    const event = {
      event: "host",
      name: file.name,
      file: pathOf(file),
      secrets,
      ...(facts === undefined ? {} : { login: facts }),
    };
    process.stdout.write(
      `${jsonText({ ...event, at })}\n${jsonText({ event: "summary", outcome: "succeeded", at })}\n`,
    );
  } else if (quiet !== true) {
    const lines = [
      ...(facts === undefined ? [] : loginLines(facts)),
      ...[pathOf(file), ...secrets].map((path) => `${path}: written`),
    ];
    for (const line of lines) process.stdout.write(`${printable(line)}\n`);
  }
}
