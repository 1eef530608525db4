import { expect, test } from "vitest";
import { tlsAdvice } from "../../../../src/ftp/advice/wants-tls.ts";
import { type Reply, ReplyParser } from "../../../../src/ftp/reply.ts";
import { settingsFor } from "../../../support/settings.ts";

function parseReply(line: string): Reply {
  const [reply] = new ReplyParser().push(Buffer.from(`${line}\r\n`));
  if (reply === undefined) throw new Error(`no reply: ${line}`);
  return reply;
}

const settings = (policy: "required" | "prefer" | "off") =>
  settingsFor(
    "alpha",
    { address: "127.0.0.1", port: 21 },
    { tls: { policy, start: "explicit", verify: true } },
  );

test.each([
  "530 Non-anonymous sessions must use encryption.", // vsftpd
  "530 Anonymous sessions must use encryption.",
  "522 Data connections must be encrypted.",
  "550 SSL/TLS required on the control channel", // ProFTPD, pyftpdlib
  "550 SSL/TLS required on the data channel",
  "421 Sorry, cleartext sessions and weak ciphers are not accepted on this server.", // Pure-FTPd
  "503 Use AUTH first.", // FileZilla Server
  "530 This server does not allow plain FTP. You have to use FTP over TLS.",
  "521 PROT P required",
  "534 Policy requires SSL.", // IIS
  "534-Policy requires SSL.\r\n Win32 error:   Access is denied.\r\n534 End",
  "530 USE SECURE CONNECTION", // DrFTPD
  "530 You must use TLS/SSL",
])("%s: says which setting gives the server what it wants", (line) => {
  expect(tlsAdvice(settings("off"), parseReply(line))).toBe(
    "the server requires TLS: set tls: required for this host; in a URL, use ftpes://",
  );
  expect(tlsAdvice(settings("prefer"), parseReply(line))).toMatch(/refuses AUTH TLS: .* ftps:\/\//);
});

test.each([
  "530 Login incorrect.",
  "331 Password required for tls",
  "550 tls required.txt: No such file or directory",
  "550 only ssl.txt: File already exists",
  "550 read-only/tls.pem: Permission denied",
  "421 only 10 TLS connections allowed",
  "421 Too many users",
  "530 Sorry, the maximum number of clients is connected",
])("%s: says nothing of TLS", (line) => {
  expect(tlsAdvice(settings("off"), parseReply(line))).toBeUndefined();
});
