import { resolve } from "node:path";
import { stringify } from "yaml";
import { isDescribed } from "../../../config/load/files.ts";
import { settingsOf } from "../../../config/load/host-settings.ts";
import { ANONYMOUS_PASSWORD } from "../../../config/load/load-host.ts";
import { fetchSecret, isAnonymous, netrcEntry } from "../../../config/load/secrets.ts";
import { HOST_NAME } from "../../../config/locations/location.ts";
import { HostFile, type SecretSource } from "../../../config/schema/hosts.ts";
import { ProtectionError } from "../../../ftp/errors.ts";
import type { HostSettings } from "../../../ftp/settings.ts";
import { ConfigError, messageOf } from "../../../shared/errors.ts";
import { isoTime } from "../../../shared/iso-time.ts";
import { jsonText, printable } from "../../../shared/printable.ts";
import { type CommonOptions, directoriesOf } from "../../command-line.ts";
import { outputOf } from "../../output/chosen-output.ts";
import { createFile, type NewFile, pathOf, secretPath } from "../../host-files.ts";
import { EXIT } from "../../process/exit.ts";
import { interruptSignal } from "../../process/interrupt.ts";
import { certificateLines, logInOnce, loginLines, type LoginFacts } from "./login.ts";
import { Questions } from "./questions.ts";
import { statusOfLogin } from "./test.ts";

interface HostAddOptions extends CommonOptions {
  readonly address?: string;
  readonly port?: string;
  readonly user?: string;
  readonly passwordFrom?: string;
  readonly tls?: string;
  readonly pin?: boolean;
  /** False for `--no-login`. */
  readonly login?: boolean;
}

/** What a host file will say, and the password that is kept beside it. */
interface Draft {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly secret?: string;
}

/** `fxpd host add NAME` */
export async function hostAddCommand(name: string, given: HostAddOptions): Promise<number> {
  const output = outputOf({ ...given, json: true });
  const signal = interruptSignal();
  try {
    const directory = resolve(directoriesOf(given).config, "hosts");
    requireFree(name, directory);
    using questions = new Questions(signal);
    let draft = await draftOf(name, given, questions);
    let facts: LoginFacts | undefined;
    if (given.login !== false) {
      const logIn = async () =>
        logInOnce(await settingsFor(name, draft, directory), output.transcript, signal);
      try {
        facts = await logIn();
      } catch (error) {
        const pinned =
          error instanceof ProtectionError ? await pinnedTo(draft, error, given, questions) : undefined;
        if (pinned === undefined) throw error;
        draft = pinned;
        facts = await logIn();
      }
      if (given.pin === true && facts.certificate !== undefined)
        draft = withPin(draft, facts.certificate.fingerprint);
    }
    const secrets = new Map(draft.secret === undefined ? [] : [["password", draft.secret]]);
    const file: NewFile = { directory, name, text: stringify(draft.keys, { lineWidth: 0 }), secrets };
    if ((await createFile(file, false)) !== "written") throw taken(name, directory);
    tell(file, facts, given);
    return EXIT.done;
  } catch (error) {
    output.fault(signal.aborted ? "interrupted" : messageOf(error));
    return signal.aborted ? EXIT.interrupted : statusOfLogin(error);
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

function taken(name: string, directory: string): ConfigError {
  return new ConfigError(
    `the host ${name} exists already, in ${directory}; choose another name, or change its file`,
  );
}

async function draftOf(name: string, given: HostAddOptions, questions: Questions): Promise<Draft> {
  const address = given.address ?? (await questions.ask("Address of the server: ", "--address"));
  const user = given.user ?? ((await questions.ask("User (empty: anonymous): ", "--user")) || "anonymous");
  const asked =
    "Password from env:NAME, file:PATH, command:PROGRAM, netrc, or stdin (typed, and kept in a file): ";
  const source = isAnonymous(user)
    ? "netrc"
    : (given.passwordFrom ?? ((await questions.ask(asked, "--password-from")) || "stdin"));
  const tls = tlsOf(given.tls ?? "prefer");
  const common = { address, ...(given.port === undefined ? {} : { port: Number(given.port) }), user };
  if (source !== "stdin")
    return checked({ keys: { ...common, ...passwordFrom(source), ...(tls === "prefer" ? {} : { tls }) } });
  const secret = await questions.secret(`Password of ${user} at ${address}: `);
  const keys = {
    ...common,
    passwordFrom: { file: `${name}.password` },
    ...(tls === "prefer" ? {} : { tls }),
  };
  return checked({ keys, secret });
}

function tlsOf(policy: string): string | { readonly start: "implicit" } {
  if (policy === "implicit") return { start: "implicit" };
  if (["required", "prefer", "off"].includes(policy)) return policy;
  throw new ConfigError("expected required, prefer, off or implicit", "--tls");
}

function passwordFrom(text: string): { readonly passwordFrom?: SecretSource } {
  if (text === "netrc") return {};
  const [, kind, rest = ""] = /^(env|file|command):(.+)$/s.exec(text) ?? [];
  if (kind === "env") return { passwordFrom: { env: rest } };
  if (kind === "file") return { passwordFrom: { file: resolve(rest) } };
  if (kind === "command")
    return { passwordFrom: { command: rest.split(/ +/).filter((word) => word !== "") } };
  // What is no source may be a password that somebody has put there.
  throw new ConfigError("expected env:NAME, file:PATH, command:PROGRAM, netrc or stdin", "--password-from");
}

/** @throws ConfigError in the words of the host file's schema */
function checked(draft: Draft): Draft {
  const read = HostFile.safeParse(draft.keys, { jitless: true });
  if (read.success) return draft;
  const [issue] = read.error.issues;
  throw new ConfigError(
    issue?.message ?? "not valid",
    `--${String(issue?.path[0] ?? "address").replace("passwordFrom", "password-from")}`,
  );
}

/** As the written file will be read, with a password that is not in its file yet. */
async function settingsFor(name: string, { keys, secret }: Draft, directory: string): Promise<HostSettings> {
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
  return settingsOf(name, host, {}, { credentials: { user, password } });
}

/** The certificate that is not trusted, if somebody says that it is the right one. */
async function pinnedTo(
  draft: Draft,
  { certificate }: ProtectionError,
  given: HostAddOptions,
  questions: Questions,
): Promise<Draft | undefined> {
  if (certificate === undefined) return undefined;
  for (const line of ["The certificate is not trusted:", ...certificateLines(certificate)])
    process.stderr.write(`${printable(line)}\n`);
  const isRight =
    given.pin ?? (await questions.isAgreed("Accept this certificate, and from now on no other? [y/N] "));
  return isRight ? withPin(draft, certificate.fingerprint) : undefined;
}

function withPin(draft: Draft, fingerprint: string): Draft {
  const { tls } = draft.keys;
  const said =
    typeof tls === "object" ? tls : { policy: tls === undefined || tls === "prefer" ? "required" : tls };
  return { ...draft, keys: { ...draft.keys, tls: { ...said, fingerprint } } };
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
