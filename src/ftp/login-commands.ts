import type { Command } from "./command.ts";

/** What each of these would do is in the way of what fxpd itself says on a connection. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [
    /^(USER|PASS|ACCT|REIN|QUIT|HOST|AUTH|ADAT|PBSZ|PROT|CCC|MIC|CONF|ENC)$/,
    "is about logging in and TLS, which fxpd does itself",
  ],
  [
    /^(PORT|PASV|EPRT|EPSV|LPRT|LPSV|SPSV|CPSV|SSCN|PRET|ABOR)$/,
    "is about data connections, which fxpd opens itself",
  ],
  [/^(RETR|STOR|STOU|APPE|LIST|NLST|MLSD|REST|ALLO|COMB)$/, "moves files or listings"],
  [
    /^(DELE|RMD|XRMD|RMDA|MKD|XMKD|RNFR|RNTO|MFMT|MFCT|MFF|MDTM|DSIZ)$/,
    "changes or looks at files, which is what a run does",
  ],
  [/^(CWD|XCWD|CDUP|XCUP|SMNT)$/, "leaves the login directory, on which paths rely"],
  [/^(TYPE|STRU|MODE|LANG)$/, "changes how files or replies are written, on which fxpd relies"],
];

const SITE_REFUSED =
  /^(DELE?|RMDIR|RMD|MKDIR|MKD|CPFR|CPTO|COPY|CHMOD|CHOWN|CHGRP|CHOWN|SYMLINK|LINK|UTIME|WIPE|NUKE|UNNUKE|EXEC|MOVE|RNFR|RNTO|KICK|KILL|RESTART|SHUTDOWN)$/;
const SITE_SECRET = /^(PSWD|PASSWD|PASSWORD|GPASS|ADDUSER|CHPASS|USERPASS)$/;

/** Why a command may not be sent after each login; undefined where it may. */
export function refusalOfLoginCommand(line: string): string | undefined {
  const { verb, argument = "" } = loginCommand(line);
  if (!/^[A-Za-z]{3,4}( [^\p{Cc}]+)?$/u.test(line))
    return "expected a command such as SITE IDLE 3600, on one line";
  const name = verb.toUpperCase();
  const because = REFUSED.find(([verbs]) => verbs.test(name))?.[1];
  if (because !== undefined) return `${name} ${because}`;
  if (name !== "SITE") return undefined;
  const [word = ""] = argument.trimStart().toUpperCase().split(" ");
  if (SITE_SECRET.test(word)) return `SITE ${word} carries a password, which does not belong into this file`;
  return SITE_REFUSED.test(word) ? `SITE ${word} changes files or ends sessions` : undefined;
}

/** A line as a command. */
export function loginCommand(line: string): Command {
  const [, verb = "", argument] = /^(\S+) ?(.*)$/su.exec(line) ?? [];
  return argument === undefined || argument === "" ? { verb } : { verb, argument };
}
