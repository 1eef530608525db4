import { Gathering, type Imported, ImportError, portOf, present } from "./imported.ts";
import { type IniSection, parseIni } from "./ini.ts";
import { revealWinscp } from "./scrambled.ts";

const PREFIX = "Sessions\\";
/** FSProtocol, by the numbers of WinSCP's source (core/SessionData.h). */
const FTP = "5";
const OTHERS: Readonly<Record<string, string>> = { 0: "SFTP", 1: "SCP", 2: "SFTP", 6: "WebDAV", 7: "S3" };
const TLS: Readonly<Record<string, string | { readonly start: string }>> = {
  0: "off",
  1: { start: "implicit" },
  2: "required",
  3: "required",
};
/** Settings that change how the server is reached, and are not taken. */
const REPORTED = ["proxymethod", "tunnel", "ftpproxylogontype", "sourceaddress", "postlogincommands"];

/**
 * WinSCP.ini: sections `Sessions\FOLDER/NAME`, percent-encoded.
 * @throws ImportError for what is no such file
 */
export function parseWinscp(text: string): Imported {
  const sections = parseIni(text);
  const sessions = sections.filter(({ name }) => name.startsWith(PREFIX));
  if (sessions.length === 0) throw new ImportError("expected sections such as [Sessions\\NAME]");
  const found = new Gathering();
  const security = sections.find(({ name }) => name === "Configuration\\Security");
  const hasMaster = security?.values.get("usemasterpassword")?.value === "1";
  for (const session of sessions) takeSession(session, hasMaster, found);
  return found;
}

/** @param hasMaster whether a master password protects those of the sessions */
function takeSession(session: IniSection, hasMaster: boolean, found: Gathering): void {
  const { line, values } = session;
  const get = (key: string) => values.get(key)?.value || undefined;
  const name = decoded(session.name.slice(PREFIX.length));
  if (name === "Default Settings" || get("isworkspace") === "1") return;
  const protocol = get("fsprotocol") ?? "2";
  if (protocol !== FTP) {
    const what = OTHERS[protocol] ?? "an unknown protocol";
    return found.leave(line, name, `it is a session for ${what}, and fxpd speaks FTP`);
  }
  const address = get("hostname");
  if (address === undefined) return found.leave(line, name, "it has no HostName", true);
  for (const key of REPORTED) {
    const value = values.get(key);
    if (value !== undefined && !/^(0|)$/.test(value.value))
      found.leave(value.line, `${name}: ${key}`, "fxpd has no such setting");
  }
  const [host, user = ""] = [decoded(address), decoded(get("username") ?? "")];
  const passive = get("ftppasvmode");
  found.host({
    ...{ name, line },
    settings: {
      address: host,
      ...present({
        port: portOf(get("portnumber")),
        user: user || undefined,
        tls: TLS[get("ftps") ?? "0"] ?? "required",
        dataOpening: passive === "0" ? "active" : undefined,
      }),
    },
    ...present({
      password: passwordOf(session, name, user + host, hasMaster, found),
      account: get("ftpaccount"),
    }),
  });
}

function passwordOf(
  { values }: IniSection,
  name: string,
  account: string,
  hasMaster: boolean,
  found: Gathering,
): string | undefined {
  const scrambled = values.get("password");
  if (scrambled === undefined || scrambled.value === "") return undefined;
  const revealed = revealWinscp(scrambled.value, account);
  if (typeof revealed === "object") return revealed.password || undefined;
  const because =
    revealed === "master" || hasMaster
      ? "it is protected by WinSCP's master password"
      : "it was not written by WinSCP for this user and host";
  found.leave(scrambled.line, `${name}: Password`, `${because}; set passwordFrom in the host file`);
  return undefined;
}

/** `%20`; what is no such thing stays. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
    Buffer.from(run.replaceAll("%", ""), "hex").toString(),
  );
}
