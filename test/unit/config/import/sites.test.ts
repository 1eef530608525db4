import { describe, expect, test } from "vitest";
import { parseFilezilla } from "../../../../src/config/import/filezilla.ts";
import { parseFlashfxp } from "../../../../src/config/import/flashfxp.ts";
import { type Imported, ImportError } from "../../../../src/config/import/imported.ts";
import { parseBookmarks } from "../../../../src/config/import/lftp/files.ts";
import { parseNetrcHosts } from "../../../../src/config/import/netrc-hosts.ts";
import { parseRclone } from "../../../../src/config/import/rclone.ts";
import { recognise } from "../../../../src/config/import/recognise.ts";
import { revealRclone, revealWinscp } from "../../../../src/config/import/scrambled.ts";
import { parseWinscp } from "../../../../src/config/import/winscp.ts";
import { parseXml } from "../../../../src/config/import/xml.ts";
import { scrambledByFlashfxp, scrambledByWinscp } from "../../../support/scrambled.ts";

const hostsOf = ({ hosts }: Imported) =>
  hosts.map(({ name, line, settings, password, account }) => ({
    name,
    line,
    ...settings,
    password,
    account,
  }));
const leftOf = ({ notTaken }: Imported) => notTaken.map(({ line, what }) => `${line} ${what}`);

/** As FileZilla 3.66 writes it (Site Manager, Export). */
const FILEZILLA = `<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<FileZilla3 version="3.66.5" platform="windows">
  <Servers>
    <Server>
      <Host>ftp.example.org</Host>
      <Port>21</Port>
      <Protocol>0</Protocol>
      <Type>0</Type>
      <User>mirror</User>
      <Pass encoding="base64">czNjcmV0JsOk</Pass>
      <Logontype>1</Logontype>
      <PasvMode>MODE_DEFAULT</PasvMode>
      <EncodingType>Auto</EncodingType>
      <Name>Archive &amp; more</Name>
    </Server>
    <Folder expanded="1">Customers
      <Server>
        <Host>2001:db8::1</Host><Port>990</Port><Protocol>3</Protocol><User>a</User>
        <Pass encoding="crypt" pubkey="x">AAAA</Pass><Logontype>1</Logontype>
        <PasvMode>MODE_ACTIVE</PasvMode><MaximumMultipleConnections>2</MaximumMultipleConnections>
        <Name>edge</Name>
      </Server>
      <Server><Host>sftp.example.org</Host><Protocol>1</Protocol><Name>by ssh</Name></Server>
      <Server><Host>pub.example.org</Host><Protocol>6</Protocol><Logontype>0</Logontype><Name>public</Name></Server>
    </Folder>
  </Servers>
</FileZilla3>
`;

describe("FileZilla's site manager", () => {
  test("gives servers with their passwords, in the names of their folders", () => {
    expect(hostsOf(parseFilezilla(FILEZILLA))).toEqual(
      [
        {
          name: "Archive & more",
          line: 4,
          address: "ftp.example.org",
          port: 21,
          user: "mirror",
          tls: "prefer",
          password: "s3cret&ä",
        },
        {
          ...{ name: "Customers-edge", line: 17, address: "2001:db8::1", port: 990, user: "a" },
          ...{ tls: { start: "implicit" }, dataOpening: "active", limits: { connections: 2 } },
        },
        { name: "Customers-public", line: 24, address: "pub.example.org", user: "anonymous", tls: "off" },
      ].map((host): unknown => expect.objectContaining(host)),
    );
  });

  test("leaves what is protected by a master password, and what is no FTP", () => {
    expect(leftOf(parseFilezilla(FILEZILLA))).toEqual(["19 Customers-edge: Pass", "23 Customers-by ssh"]);
  });
});

describe("XML", () => {
  test.each([
    ["a document type", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ["entities that grow", "<a>&lol9;</a>"],
    ["a document type inside", "<a><!DOCTYPE b></a>"],
    ["an element without an end", "<a><b></a>"],
    ["two outermost elements", "<a/><b/>"],
    ["too many levels", "<a>".repeat(1_000)],
    ["half a tag", "<a b='c"],
    ["a comment without an end", "<a><!-- "],
    ["a surrogate by number", "<a>&#xd800;</a>"],
    ["nothing", ""],
  ])("with %s is refused", (_, text) => expect(() => parseXml(text)).toThrow(ImportError));

  test("may have comments, sections of text, and characters by number", () => {
    expect(parseXml("<a x='1'><!-- <b> --><![CDATA[<&]]>&#x41;&#66;<c/></a>")).toMatchObject({
      children: ["<&", "AB", { name: "c", line: 1 }],
    });
  });
});

describe("WinSCP.ini", () => {
  const password = scrambledByWinscp("pass word", "mirror", "ftp.example.org");
  const text = `[Configuration\\Security]\r
UseMasterPassword=0\r
[Sessions\\Default%20Settings]\r
HostName=nobody\r
[Sessions\\Customers/Edge%20%C3%A4]\r
HostName=ftp.example.org\r
PortNumber=2121\r
UserName=mirror\r
Password=${password}\r
FSProtocol=5\r
Ftps=3\r
FtpPasvMode=0\r
ProxyMethod=3\r
[Sessions\\by%20ssh]\r
HostName=ssh.example.org\r
`;

  test("gives the sessions for FTP", () => {
    const found = parseWinscp(text);
    expect(hostsOf(found)).toEqual([
      expect.objectContaining({
        ...{ name: "Customers/Edge ä", line: 5, address: "ftp.example.org", port: 2121, user: "mirror" },
        ...{ tls: "required", dataOpening: "active", password: "pass word" },
      }),
    ]);
    expect(leftOf(found)).toEqual(["13 Customers/Edge ä: proxymethod", "14 by ssh"]);
  });

  test("says that the master password protects what it cannot read", () => {
    const text =
      "[Configuration\\Security]\nUseMasterPassword=1\n[Sessions\\a]\nHostName=h\nUserName=u\nFSProtocol=5\nPassword=A35C1122\n";
    expect(parseWinscp(text)).toMatchObject({
      hosts: [{ settings: { address: "h", user: "u" } }],
      notTaken: [{ line: 7, because: expect.stringContaining("WinSCP's master password") }],
    });
  });

  test("has passwords for one account only, and tells those that need the master password", () => {
    expect(revealWinscp(password, "mirrorftp.example.org")).toEqual({ password: "pass word" });
    expect(revealWinscp(password, "otherftp.example.org")).toBe("unreadable");
    const master = Buffer.of(0xff, 1, 4, 0, 1, 2, 3, 4).map((octet) => (~octet & 0xff) ^ 0xa3);
    expect(revealWinscp(Buffer.from(master).toString("hex"), "a")).toBe("master");
  });
});

describe("rclone.conf", () => {
  // From rclone's own tests, fs/config/obscure/obscure_test.go.
  test.each([
    ["YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ", "potato"],
    ["YmJiYmJiYmJiYmJiYmJiYp3gcEWbAw", "potato"],
    ["YWFhYWFhYWFhYWFhYWFhYQ", ""],
    ["aGVsbG8", undefined],
    ["not base64!", undefined],
  ])("%s is %s", (text, password) => expect(revealRclone(text)).toBe(password));

  test("gives the remotes of the type ftp, and the port that rclone takes", () => {
    const found = parseRclone(
      "[edge]\ntype = ftp\nhost = edge.example.org\nuser = me\npass = YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ\ntls = true\nno_check_certificate = true\nconcurrency = 3\nsocks_proxy = a:b@c\n\n[plain]\ntype = ftp\nhost = plain.example.org\nuser = you\n[box]\ntype = dropbox\n",
    );
    expect(hostsOf(found)).toEqual([
      expect.objectContaining({
        ...{ name: "edge", line: 1, address: "edge.example.org", port: 21, user: "me", password: "potato" },
        ...{ tls: { start: "implicit", verify: false }, limits: { connections: 3 } },
      }),
      expect.objectContaining({ name: "plain", tls: "off" }),
    ]);
    expect(leftOf(found)).toEqual(["9 edge: socks_proxy", "15 box"]);
  });

  test("that is encrypted says how it is decrypted", () => {
    expect(() => parseRclone("# Encrypted\nRCLONE_ENCRYPT_V0:\nAAAA\n")).toThrow(/encrypted/);
  });
});

test("FlashFXP's sites have passwords by the key of their folder, or the common one", () => {
  const [plain, inFolder] = ["a", "Group\u0003Edge"];
  const found = parseFlashfxp(
    `[${plain}]\nIP=a.example.org\nport=2121\nuser=me\npass=${scrambledByFlashfxp("secret", plain)}\noptions=01\n[${inFolder}]\nIP=b.example.org\nuser=you\npass=${scrambledByFlashfxp("geheim ß", inFolder)}\n`,
  );
  expect(hostsOf(found)).toEqual([
    expect.objectContaining({
      name: "a",
      address: "a.example.org",
      port: 2121,
      user: "me",
      password: "secret",
    }),
    expect.objectContaining({ name: "Group-Edge", address: "b.example.org", password: "geheim ß" }),
  ]);
  expect(leftOf(found)).toEqual(["6 a: options"]);
});

test("a netrc file gives its machines, and leaves its default", () => {
  const found = parseNetrcHosts(
    "machine a.example.org login me password 'x\n\nmachine b login b\ndefault login anonymous\n",
  );
  expect(hostsOf(found)).toEqual([
    expect.objectContaining({ name: "a.example.org", line: 1, user: "me", password: "'x" }),
    expect.objectContaining({ name: "b", line: 3, user: "b" }),
  ]);
  expect(leftOf(found)).toEqual(["4 default"]);
});

test("lftp's bookmarks give servers, and leave those of other protocols", () => {
  const found = parseBookmarks(
    "edge\tftps://me:p%40ss@edge.example.org:990/pub/\nssh\tsftp://x@y/\nclear\tftp://a.example.org\n",
  );
  expect(hostsOf(found)).toEqual([
    expect.objectContaining({
      name: "edge",
      address: "edge.example.org",
      port: 990,
      user: "me",
      password: "p@ss",
      tls: { start: "implicit" },
    }),
    expect.objectContaining({ name: "clear", address: "a.example.org" }),
  ]);
  expect(leftOf(found)).toEqual(["2 ssh"]);
});

test.each([
  ["filezilla", FILEZILLA],
  ["winscp", "[Sessions\\a]\nHostName=b\n"],
  ["rclone", "# mine\n[a]\ntype = ftp\n"],
  ["flashfxp", "[a]\nIP=b\n"],
  ["lftp-bookmarks", "a\tftp://b/\n"],
  ["netrc", "# mine\nmachine a login b password c\n"],
  ["lftp", "# mine\nset ftp:ssl-force yes\nopen a\nmirror b c\n"],
  ["lftp", "MAILTO=x\n0 1 * * * lftp -c 'open a'\n"],
  ["lftp", "#!/bin/bash\nHOST=a\n/usr/bin/lftp -e 'mirror a' $HOST\n"],
  [undefined, "Dear all,\nplease find attached\n"],
  [undefined, ""],
])("a file is recognised by its content: %s", (format, text) => expect(recognise(text)).toBe(format));
