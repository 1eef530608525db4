import { describe, expect, test } from "vitest";
import { LoginError, ReplyError, retryOf } from "../../../src/ftp/errors.ts";
import type { Retry } from "../../../src/shared/errors.ts";
import { replyOf } from "../../support/replies.ts";

type Row = readonly [server: string, verb: string, reply: string, retry: Retry];

const CLOSING: readonly Row[] = [
  ["vsftpd", "RETR", "421 Timeout.", "new-connection"],
  ["vsftpd", "NOOP", "421 Timeout.", "new-connection"],
  ["vsftpd", "USER", "421 There are too many connected users, please try later.", "new-connection"],
  ["ProFTPD", "STOR", "421 No transfer timeout (600 seconds): closing control connection", "new-connection"],
  ["Pure-FTPd", "PASS", "421 Too many connections (2) from this IP", "new-connection"],
  ["Pure-FTPd", "CWD", "421 Timeout - try typing a little faster next time", "new-connection"],
  ["pyftpdlib", "PASV", "421 Passive data channel timed out.", "new-connection"],
  ["pyftpdlib", "MLSD", "421 Control connection timed out.", "new-connection"],
  [
    "FileZilla 0.9",
    "PASS",
    "421 Too many users logged in for this account. Try again later.",
    "new-connection",
  ],
  ["FileZilla 0.9", "PORT", "421 Server is going offline", "new-connection"],
  ["glFTPd", "STOR", "421 Connection closing", "new-connection"],
];

const ADDRESS_CHECKS: readonly Row[] = [
  ["vsftpd", "PORT", "500 Illegal PORT command.", "other-method"],
  ["vsftpd", "EPRT", "500 Illegal EPRT command.", "other-method"],
  ["vsftpd", "RETR", "425 Security: Bad IP connecting.", "other-method"],
  ["vsftpd", "STOR", "425 Security: Bad IP connecting.", "other-method"],
  ["ProFTPD", "PORT", "500 Illegal PORT command", "other-method"],
  ["ProFTPD", "STOR", "425 Unable to build data connection: Permission denied", "other-method"],
  ["Pure-FTPd", "PORT", "500 I won't open a connection to 198.51.100.7 (only to 192.0.2.1)", "other-method"],
  ["Pure-FTPd", "PORT", "501 Sorry, but I won't connect to ports < 1024", "other-method"],
  [
    "pyftpdlib",
    "PORT",
    "501 Rejected data connection to foreign address 198.51.100.7:40000.",
    "other-method",
  ],
  [
    "pyftpdlib",
    "RETR",
    "425 Rejected data connection from foreign address 198.51.100.7:40000.",
    "other-method",
  ],
  [
    "FileZilla 0.9",
    "PORT",
    "421 Rejected command, requested IP address does not match control connection IP.",
    "other-method",
  ],
  [
    "FileZilla 0.9",
    "EPRT",
    "421 Rejected command, requested IP address does not match control connection IP.",
    "other-method",
  ],
  [
    "FileZilla 0.9",
    "STOR",
    '425 Rejected data connection for transfer of "/a", IP addresses of control and data connection do not match',
    "other-method",
  ],
  ["IIS", "PORT", "501 Server cannot accept argument.", "other-method"],
  ["IIS", "EPRT", "522 Mismatched network protocol between control and data connection", "other-method"],
  ["Serv-U", "PORT", "530 Only client IP address allowed for PORT command.", "other-method"],
  ["Serv-U", "PORT", "530 Port number has to be between 1024 and 65535.", "other-method"],
  ["Serv-U", "RETR", "530 Only client IP address allowed to connect to PASV socket.", "other-method"],
  ["wu-ftpd", "PORT", "502 Illegal PORT Command", "other-method"],
  ["DrFTPD", "STOR", "426 You are not allowed to FXP from here.", "other-method"],
  ["DrFTPD", "RETR", "426- denied / 426 You are not allowed to FXP from here.", "other-method"],
];

const DATA_CONNECTIONS: readonly Row[] = [
  ["vsftpd", "LIST", "425 Use PORT or PASV first.", "other-method"],
  ["vsftpd", "RETR", "425 Failed to establish connection.", "other-method"],
  ["vsftpd", "EPRT", "522 Bad network protocol.", "other-method"],
  ["ProFTPD", "EPSV", "522 Network protocol not supported, use (1)", "other-method"],
  ["ProFTPD", "EPSV", "500 EPSV not understood", "other-method"],
  ["ProFTPD", "PASV", "500 Illegal PASV command, EPSV ALL in effect", "other-method"],
  ["ProFTPD", "PASV", "450 PASV: data transfer in progress", "later"],
  ["Pure-FTPd", "PASV", "501 You cannot use PASV on IPv6 connections. Use EPSV instead.", "other-method"],
  ["pyftpdlib", "EPSV", "501 Unknown network protocol (use 1).", "other-method"],
  ["pyftpdlib", "EPRT", "522 Network protocol not supported (use 1).", "other-method"],
  ["glFTPd", "PASV", "425 Can't open passive connection: Address already in use.", "other-method"],
  ["Serv-U", "PASV", "550 Passive mode not allowed on this server.", "other-method"],
  ["DrFTPD", "PASV", "500 You need to use a client supporting PRET (PRE Transfer)", "other-method"],
  ["DrFTPD", "PASV", "530 No transfer-slave(s) available", "later"],
  ["DrFTPD", "CPSV", "450 No transfer-slave(s) available", "later"],
  ["DrFTPD", "EPSV", "502 EPSV: Command not implemented.", "other-method"],
  ["without CPSV", "CPSV", "500 'CPSV': command not understood.", "other-method"],
  ["with one form of PORT", "PORT", "504 Command not implemented for that parameter.", "other-method"],
];

const PROTECTION: readonly Row[] = [
  ["vsftpd", "RETR", "522 SSL connection failed: session reuse required", "other-method"],
  ["vsftpd", "STOR", "522 Data connections must be encrypted.", "other-method"],
  ["ProFTPD", "STOR", "425 Unable to build data connection: Operation not permitted", "other-method"],
  ["by policy (RFC 2228)", "PROT", "534 Request denied for policy reasons", "other-method"],
  [
    "FileZilla",
    "RETR",
    "425 Unable to build data connection: TLS session of data connection not resumed.",
    "other-method",
  ],
  [
    "FileZilla 0.9",
    "RETR",
    "450 TLS session of data connection has not resumed or the session does not match the control connection",
    "other-method",
  ],
  ["pyftpdlib", "STOR", "522 SSL handshake failed.", "other-method"],
  ["pyftpdlib", "PROT", "521 PROT S unsupported (use C or P).", "other-method"],
  ["Pure-FTPd", "RETR", "521 Data connection cannot be opened with this PROT setting.", "other-method"],
  ["Serv-U", "STOR", "521 Data connection cannot be opened with this PROT setting.", "other-method"],
  ["Serv-U", "RETR", "421 Data connection closed (SSL/TLS negotiation failed).", "other-method"],
  ["by policy (RFC 4217)", "APPE", "534 Request denied for policy reasons", "other-method"],
  ["by a failed check (RFC 4217)", "RETR", "535 Failed security check", "other-method"],
  ["by mechanism (RFC 2228)", "PROT", "536 Requested PROT level not supported by mechanism", "other-method"],
  ["glFTPd", "STOR", "427 Use SSL FXP!", "other-method"],
  [
    "glFTPd",
    "STOR",
    "435 Failed TLS negotiation on data channel (using SSL_accept()), disconnected",
    "other-method",
  ],
  ["DrFTPD", "RETR", "530 USE SECURE DATA CONNECTION", "other-method"],
  ["pyftpdlib", "PROT", "503 You must issue the PBSZ command prior to PROT.", "never"],
  ["Serv-U", "PROT", "503 Secure command connection required prior to PROT command.", "never"],
  ["any", "SSCN", "501 Syntax error in parameters or arguments.", "never"],
  ["without SSCN", "SSCN", "500 SSCN not understood", "never"],
];

const LOGINS: readonly Row[] = [
  [
    "ProFTPD",
    "PASS",
    "530 Sorry, the maximum number of clients (2) from your host are already connected.",
    "later",
  ],
  [
    "ProFTPD",
    "PASS",
    "530 Sorry, the maximum number of allowed clients (50) are already connected.",
    "later",
  ],
  ["Serv-U", "USER", "530 Not logged in, only 2 sessions from same IP allowed concurrently.", "later"],
  ["Serv-U", "USER", "530 Not logged in, only one session from same IP allowed at a time.", "later"],
  ["DrFTPD", "PASS", "530 Sorry, your account is restricted to 4 simultaneous logins.", "later"],
  [
    "DrFTPD",
    "PASS",
    "530 Sorry, your maximum number of connections from this IP (3) has been reached.",
    "later",
  ],
  ["DrFTPD", "PASS", "530 The site is full, try again later.", "later"],
  ["a small server", "USER", "530 Too many connections (max 10)", "later"],
  ["wu-ftpd", "PASS", "530-Too many users are using the system. / 530 User ftp access denied.", "later"],
  ["Serv-U", "USER", "431 Account temporarily locked for other user, please try later.", "later"],
  ["vsftpd", "PASS", "530 Login incorrect.", "never"],
  ["ProFTPD", "PASS", "530 Login incorrect.", "never"],
  ["Pure-FTPd", "PASS", "530 Login authentication failed", "never"],
  ["Pure-FTPd", "PASS", "530 Sorry, but I can't trust you", "never"],
  ["pyftpdlib", "PASS", "530 Authentication failed.", "never"],
  ["FileZilla 0.9", "PASS", "530 Login or password incorrect!", "never"],
  ["FileZilla 0.9", "PASS", "521 This user is not allowed to connect from this IP", "never"],
  ["IIS", "PASS", "530 User cannot log in.", "never"],
  ["Serv-U", "PASS", "530 Not logged in, too many tries with incorrect password.", "never"],
  ["any", "PASS", "530 Maximum login attempts exceeded.", "never"],
  ["any", "PASS", "530 Too many connection attempts from your address, try later.", "later"],
  ["Serv-U", "PASS", "530 Not logged in, unauthorized IP address.", "never"],
  ["ProFTPD", "USER", "530 USER command denied by <Limit> configuration", "never"],
  ["any", "PASS", "503 Login with USER first", "never"],
];

const FILES: readonly Row[] = [
  ["vsftpd", "RETR", "550 Failed to open file.", "never"],
  ["vsftpd", "STOR", "553 Could not create file.", "never"],
  ["vsftpd", "CWD", "550 Failed to change directory.", "never"],
  ["vsftpd", "MKD", "550 Create directory operation failed.", "never"],
  ["vsftpd", "SIZE", "550 Could not get file size.", "never"],
  ["vsftpd", "RNFR", "550 RNFR command failed.", "never"],
  ["vsftpd", "RNTO", "503 RNFR required first.", "never"],
  ["vsftpd", "RETR", "530 Please login with USER and PASS.", "never"],
  ["ProFTPD", "RETR", "550 a.iso: No such file or directory", "never"],
  ["ProFTPD", "STOR", "550 a.iso: Overwrite permission denied", "never"],
  ["ProFTPD", "RETR", "554 a.iso: invalid REST argument", "never"],
  ["Pure-FTPd", "STOR", "553 Can't open that file: Permission denied", "never"],
  ["Pure-FTPd", "RNTO", "451 Rename/move failure: No such file or directory", "later"],
  ["pyftpdlib", "RETR", "550 No such file or directory.", "never"],
  ["pyftpdlib", "APPE", "450 Can't APPE while REST request is pending.", "later"],
  ["DrFTPD", "APPE", "502 APPE: Command not implemented.", "never"],
  ["DrFTPD", "STOR", "426 You are transfering too slow", "later"],
  ["IIS", "RETR", "550 The system cannot find the file specified. ", "never"],
  ["IIS", "STOR", "550 Access is denied. ", "never"],
  ["RFC 959", "MKD", '521 "/pub" directory already exists; taking no action.', "never"],
  ["RFC 959", "STOR", "532 Need account for storing files.", "never"],
  ["any", "LIST", "501 Syntax error in parameters or arguments.", "never"],
  ["any", "HASH", "504 Unknown algorithm, current selection not changed", "never"],
  ["any", "HASH", "556 HASH not allowed here", "never"],
  ["any", "HASH", "450 Hash operation is already in progress.", "later"],
  ["any", "REST", "501 REST not possible in ASCII type.", "never"],
  ["any", "MFMT", "500 MFMT not understood", "never"],
];

const PASSING: readonly Row[] = [
  ["ProFTPD", "RETR", "426 Transfer aborted. Data connection closed.", "later"],
  ["ProFTPD", "STOR", "451 Transfer aborted. Input/output error", "later"],
  [
    "ProFTPD",
    "RETR",
    "451 Sorry, the maximum number of data transfers (2) from your host are currently being used.",
    "later",
  ],
  ["glFTPd", "STOR", "426 Data connection: Broken pipe", "later"],
  ["Serv-U", "RETR", "450 Cannot open file a.iso for reading.", "later"],
  [
    "IIS",
    "STOR",
    "550 The process cannot access the file because it is being used by another process. ",
    "later",
  ],
  [
    "IIS",
    "RNTO",
    "550 The process cannot access the file because another process has locked a portion of the file. ",
    "later",
  ],
  ["Serv-U", "STOR", "550 File transfer not allowed, server stop is pending.", "later"],
  ["a Windows server", "RETR", "550 a.iso: Sharing violation", "later"],
  ["a gateway", "RETR", "550 a.iso: Connection timed out", "later"],
  ["a gateway", "STOR", "550 Broken pipe (upload)", "later"],
  ["a full server", "RETR", "550 Too many open files", "later"],
  ["a full server", "CWD", "550 pub: Resource temporarily unavailable", "later"],
  ["a name that sounds so", "RETR", "550 too many secrets.avi: No such file or directory", "never"],
  ["a name that sounds so", "STOR", "550 locked/temporarily.txt: Permission denied", "never"],
  ["a name that sounds so", "CWD", "550 The directory timed out does not exist", "never"],
  ["links in a circle", "RETR", "550 a: Too many levels of symbolic links", "never"],
];

describe("what trying again can achieve", () => {
  describe.each([
    ["a server that closes the connection wants a new one", CLOSING],
    ["a check of addresses calls for another method", ADDRESS_CHECKS],
    ["a data connection that cannot be opened calls for another method", DATA_CONNECTIONS],
    ["a level of protection that is refused calls for another method", PROTECTION],
    ["a login waits for a free slot, and not for another password", LOGINS],
    ["a file that is refused stays refused", FILES],
    ["what passes is waited for, whatever the code says", PASSING],
  ] as const)("%s", (_, rows) => {
    test.each(rows)("%s: %s: %s", (_server, verb, text, retry) => {
      expect(retryOf(verb, replyOf(text))).toBe(retry);
    });
  });

  test("421 wants a new connection for any verb", () => {
    for (const verb of ["USER", "PASS", "PASV", "PORT", "RETR", "STOR", "LIST", "HASH", "PROT", "QUIT"])
      expect(retryOf(verb, replyOf("421 Service not available"))).toBe("new-connection");
  });

  test("without words, the code decides", () => {
    expect(
      [400, 425, 426, 450, 451, 452, 500, 501, 502, 504, 522, 530, 550, 552, 553].map((code) =>
        retryOf("STOR", replyOf(`${code}`)),
      ),
    ).toEqual([
      "later",
      "other-method",
      "later",
      "later",
      "later",
      "later",
      "never",
      "never",
      "never",
      "never",
      "other-method",
      "never",
      "never",
      "later",
      "never",
    ]);
  });

  test("errors carry it: of the verb that drew the reply, and of PASS for a login", () => {
    const busy = replyOf("530 Too many users");
    expect(new LoginError("alpha", "tester", busy).retry).toBe("later");
    expect(new ReplyError("alpha", { verb: "CWD", argument: "/" }, busy).retry).toBe("never");
  });
});
