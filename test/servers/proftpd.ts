import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { privateAccounts } from "./accounts.ts";
import { debianPackages } from "./debian.ts";
import { SERVER_IDS } from "./processes.ts";
import { type Instance, PASSWORD_HASH, type Prepare } from "./server.ts";

/** ProFTPD runs as whoever starts it; it says in its log that it cannot become anybody else, and goes on. */
export const prepareProftpd: Prepare = async (instance) => {
  const { options, directory, root, address, port, passivePorts, certificate } = instance;
  const packages = await debianPackages(["proftpd-core", "proftpd-mod-crypto", "libnss-wrapper"]);
  const { uid, gid } = SERVER_IDS;
  await writeSecret(
    join(directory, "users"),
    `mirror:${PASSWORD_HASH}:${uid}:${gid}:mirror:${root}:/bin/sh\n`,
  );
  await writeSecret(join(directory, "groups"), `nogroup:x:${gid}:\n`);
  const modules = ["mod_digest.c", "mod_deflate.c", "mod_site_misc.c", "mod_copy.c"];
  const lines = [
    `ModulePath ${packages.find("lib/proftpd")}`,
    ...[...(certificate === undefined ? [] : ["mod_tls.c"]), ...modules].map((name) => `LoadModule ${name}`),
    'ServerName "fxpd test"',
    "ServerIdent on",
    "ServerType standalone",
    `DefaultAddress ${address}`,
    `Port ${port}`,
    "SocketBindTight on",
    `UseIPv6 ${options.ip === 6 ? "on" : "off"}`,
    "UseReverseDNS off",
    "User nobody",
    "Group nogroup",
    "Umask 000 000",
    `AuthUserFile ${join(directory, "users")}`,
    `AuthGroupFile ${join(directory, "groups")}`,
    "AuthOrder mod_auth_file.c",
    "RequireValidShell off",
    "UseFtpUsers off",
    "AllowOverwrite on",
    "AllowStoreRestart on",
    "AllowRetrieveRestart on",
    "WtmpLog off",
    `SystemLog ${join(directory, "system.log")}`,
    "TransferLog none",
    `ExtendedLog ${join(directory, "commands.log")} ALL`,
    `PidFile ${join(directory, "pid")}`,
    `ScoreboardFile ${join(directory, "scoreboard")}`,
    `PassivePorts ${passivePorts[0]} ${passivePorts[1]}`,
    `AllowForeignAddress ${options.foreign === "refused" ? "off" : "on"}`,
    ...ifModule("mod_ident.c", "IdentLookups off"),
    ...ifModule("mod_delay.c", "DelayEngine off"),
    ...ifModule("mod_ctrls.c", "ControlsEngine off"),
    "DeflateEngine on",
    "DigestEngine on",
    "DigestAlgorithms all",
    ...(certificate === undefined ? [] : tlsLines(instance)),
    ...limitLines(instance),
  ];
  const file = join(directory, "proftpd.conf");
  await writeFile(file, `${withoutOverridden(lines, options.settings ?? []).join("\n")}\n`);
  const env = { ...(await privateAccounts(instance, packages)), LD_LIBRARY_PATH: packages.libraryPath };
  return {
    command: packages.find("sbin/proftpd"),
    args: ["-n", "-c", file],
    env,
    user: "mirror",
    home: root,
  };
};

function tlsLines({ options, directory, certificate }: Instance): readonly string[] {
  const tls = options.tls ?? "none";
  const flags = [
    ...(tls === "reuse" ? [] : ["NoSessionReuseRequired"]),
    ...(tls === "implicit" ? ["UseImplicitSSL"] : []),
  ];
  return [
    "TLSEngine on",
    `TLSLog ${join(directory, "tls.log")}`,
    `TLSECCertificateFile ${certificate?.certificate}`,
    `TLSECCertificateKeyFile ${certificate?.key}`,
    "TLSVerifyClient off",
    "TLSVerifyServer off",
    `TLSRequired ${tls === "explicit" ? "off" : "on"}`,
    "TLSRenegotiate none",
    ...(flags.length > 0 ? [`TLSOptions ${flags.join(" ")}`] : []),
  ];
}

function limitLines({ options: { limits } }: Instance): readonly string[] {
  return [
    ...(limits?.connectionsPerAddress === undefined
      ? []
      : [`MaxClientsPerHost ${limits.connectionsPerAddress}`]),
    ...(limits?.idleSeconds === undefined ? [] : [`TimeoutIdle ${limits.idleSeconds}`]),
  ];
}

function ifModule(name: string, directive: string): readonly string[] {
  return [`<IfModule ${name}>`, `  ${directive}`, "</IfModule>"];
}

/** ProFTPD refuses user files that others can read. */
/** Of a directive that stands twice ProFTPD takes the first. */
function withoutOverridden(lines: readonly string[], settings: readonly string[]): readonly string[] {
  const names = new Set(settings.map((line) => line.split(" ")[0]));
  return [...lines.filter((line) => !names.has(line.split(" ")[0])), ...settings];
}

async function writeSecret(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o600);
}
