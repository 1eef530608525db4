import { charsetCalled } from "../../ftp/charset/charsets.ts";
import { Gathering, type Imported, ImportError, type ImportedHost, portOf, present } from "./imported.ts";
import { revealBase64 } from "./scrambled.ts";
import { childOf, type Element, parseXml, textOf } from "./xml.ts";

/** By the numbers of FileZilla's source (src/engine/server.h); those that are not FTP have a name only. */
const PROTOCOLS: Readonly<Record<string, { readonly tls?: ImportedHost["settings"]["tls"] } | string>> = {
  0: { tls: "prefer" },
  1: "SFTP",
  2: "HTTP",
  3: { tls: { start: "implicit" } },
  4: { tls: "required" },
  5: "HTTPS",
  6: { tls: "off" },
};

/** What says nothing of how the server is reached, or has its default nearly always. */
const QUIET = new Set(
  "Host Port Protocol Type User Pass Logontype Account PasvMode MaximumMultipleConnections Name Comments Colour BypassProxy SyncBrowsing DirectoryComparison LocalDir RemoteDir TimezoneOffset EncodingType CustomEncoding".split(
    " ",
  ),
);

/**
 * FileZilla's sitemanager.xml, what it exports, and recentservers.xml: `FileZilla3` with `Servers` or `RecentServers`, in
 * which there are `Server` elements, grouped by `Folder`.
 * @throws ImportError for what is no such XML
 */
export function parseFilezilla(text: string): Imported {
  const root = parseXml(text);
  const lists = root.children.filter(
    (child): child is Element => typeof child !== "string" && /^(Recent)?Servers$/.test(child.name),
  );
  if (root.name !== "FileZilla3" || lists.length === 0)
    throw new ImportError("expected a FileZilla3 element with Servers in it");
  const found = new Gathering();
  for (const list of lists) takeServers(list, "", found);
  return found;
}

function takeServers(parent: Element, folder: string, found: Gathering): void {
  for (const child of parent.children) {
    if (typeof child === "string") continue;
    if (child.name === "Folder") takeServers(child, `${folder}${textOf(child) ?? "folder"}-`, found);
    else if (child.name === "Server") takeServer(child, folder, found);
  }
}

function takeServer(server: Element, folder: string, found: Gathering): void {
  const get = (name: string) => textOf(childOf(server, name));
  const address = get("Host");
  // Old versions wrote the name as text of the element.
  const name = folder + (get("Name") ?? textOf(server) ?? address ?? "server");
  const { line } = server;
  if (address === undefined) return found.leave(line, name, "it has no host", true);
  const protocol = PROTOCOLS[get("Protocol") ?? "0"] ?? "an unknown protocol";
  if (typeof protocol === "string")
    return found.leave(line, name, `it is a server for ${protocol}, and fxpd speaks FTP`);
  for (const child of server.children) {
    if (typeof child !== "string" && !QUIET.has(child.name) && child.name !== "Bookmark")
      if (textOf(child) !== undefined)
        found.leave(child.line, `${name}: ${child.name}`, "fxpd has no such setting");
  }
  const custom = get("EncodingType") === "Custom" ? get("CustomEncoding") : undefined;
  const isKnown = custom !== undefined && charsetCalled(custom) !== undefined;
  if (custom !== undefined && !isKnown)
    found.leave(line, `${name}: CustomEncoding`, "fxpd knows no character set of that name");
  const logon = get("Logontype") ?? "1";
  const connections = Number(get("MaximumMultipleConnections") ?? 0);
  const passive = get("PasvMode");
  const isAnonymous = logon === "0";
  found.host({
    ...{ name, line },
    settings: {
      address,
      ...present({
        port: portOf(get("Port")),
        user: isAnonymous ? "anonymous" : get("User"),
        tls: protocol.tls,
        charset: isKnown ? custom : undefined,
        dataOpening:
          passive === "MODE_ACTIVE" ? "active" : passive === "MODE_PASSIVE" ? "passive" : undefined,
        limits: connections >= 1 && connections <= 1000 ? { connections } : undefined,
      }),
    },
    ...present({
      password: isAnonymous ? undefined : passwordOf(server, name, found),
      account: logon === "4" ? get("Account") : undefined,
    }),
  });
}

function passwordOf(server: Element, name: string, found: Gathering): string | undefined {
  const element = childOf(server, "Pass");
  const text = textOf(element);
  if (element === undefined || text === undefined) return undefined;
  const encoding = element.attributes["encoding"];
  const leave = (because: string) => found.leave(element.line, `${name}: Pass`, because);
  if (encoding === undefined) return text;
  const password = encoding === "base64" ? revealBase64(text) : undefined;
  if (password === undefined)
    leave(
      encoding === "crypt"
        ? "it is protected by FileZilla's master password; set passwordFrom in the host file"
        : "it is in no encoding that fxpd knows",
    );
  return password;
}
