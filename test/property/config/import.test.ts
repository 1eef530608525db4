import fc from "fast-check";
import { expect, test } from "vitest";
import { IMPORT_FORMATS, ImportError, type Imported } from "../../../src/config/import/imported.ts";
import { cleanName, draftsOf } from "../../../src/config/import/plan.ts";
import { readForeign } from "../../../src/config/import/recognise.ts";
import { revealFlashfxp, revealWinscp } from "../../../src/config/import/scrambled.ts";
import { readDocument } from "../../../src/config/load/document.ts";
import { HOST_NAME } from "../../../src/config/locations/location.ts";
import { HostFile } from "../../../src/config/schema/hosts.ts";
import { jobSchemaFor } from "../../../src/config/schema/jobs.ts";
import { scrambledByFlashfxp, scrambledByWinscp } from "../../support/scrambled.ts";

const CONTEXT = { bookmarks: new Map(), home: "/home/me", timeZone: "UTC", script: () => "mirror a b" };

/** Pieces of all formats, so that what is put together is nearly one of them. */
const PIECE = fc.oneof(
  fc.constantFrom(
    ...[
      "<FileZilla3>",
      "<Servers>",
      "</Servers>",
      "<Server>",
      "</Server>",
      "<Host>a</Host>",
      "<Pass encoding='base64'>",
      "&amp;",
      "&x;",
      "<![CDATA[",
    ],
    ...[
      "[Sessions\\a%2F]\n",
      "HostName=a\n",
      "FSProtocol=5\n",
      "[a]\n",
      "type = ftp\n",
      "host = a\n",
      "pass = AAAA\n",
      "IP=a\n",
      "=",
      "[",
      "]",
    ],
    ...[
      "machine a ",
      "login ",
      "password ",
      "macdef x\n",
      "default ",
      "\n",
      "\t",
      " ",
      "\0",
      "\u202e",
      "../",
      "*",
      "'",
      '"',
      "\\",
      "$A",
      "A=$A$A\n",
    ],
    ...[
      "0 1 * * * ",
      "@daily ",
      "lftp ",
      "-c ",
      "-u a,b ",
      "-e ",
      "open a",
      "; ",
      "&& ",
      "mirror ",
      "-R ",
      "--delete ",
      "-x a/ ",
      "-I *.b ",
      "<<E\n",
      "E\n",
      "set ftp:ssl-force ",
      "mget ",
      "%",
      "|",
      "ftp://a:b@c:1/d ",
    ],
  ),
  fc.string({ maxLength: 8, unit: "binary" }),
);
const TEXT = fc.array(PIECE, { maxLength: 40 }).map((pieces) => pieces.join(""));

function requireValid(imported: Imported): void {
  const { hosts, jobs } = draftsOf([{ file: "f", imported }]);
  for (const { name, text, secrets } of hosts) {
    expect(name).toMatch(HOST_NAME);
    expect(readDocument("f", text, HostFile)).toMatchObject({ kind: "valid" });
    for (const secret of secrets.values()) expect(secret).toMatch(/^[^\r\n\0]+$/);
  }
  for (const { name, text } of jobs) {
    expect(name).toMatch(HOST_NAME);
    expect(readDocument("f", text, jobSchemaFor)).toMatchObject({ kind: "valid" });
  }
  const names = [...hosts, ...jobs].map(({ name }) => name.toLowerCase());
  expect(new Set(hosts.map(({ name }) => name.toLowerCase())).size).toBe(hosts.length);
  for (const name of names) expect(name).not.toMatch(/\.\.|\//);
}

test("whatever a file holds, it is read or refused by name, and what is made of it is valid", () => {
  fc.assert(
    fc.property(fc.constantFrom(...IMPORT_FORMATS), TEXT, (format, text) => {
      try {
        requireValid(readForeign(text, format, CONTEXT));
      } catch (error) {
        if (!(error instanceof ImportError)) throw error;
      }
    }),
    { numRuns: 1_500 },
  );
});

test("any text in a site becomes a valid file, or the site is left out", () => {
  const word = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(word, word, word, word, (name, address, user, password) => {
      requireValid({
        hosts: [
          { name, line: 1, settings: { address, user }, password },
          { name: `${name} `, line: 2, settings: { address: "a", user }, password },
        ],
        jobs: [],
        notTaken: [],
      });
    }),
  );
});

test("a name is a name of a file and nothing else", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(cleanName(text)).toMatch(/^$|^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/);
      expect(cleanName(text)).not.toContain("..");
    }),
  );
});

test("what WinSCP and FlashFXP write for a password is that password", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(text, text, (password, user) => {
      expect(revealWinscp(scrambledByWinscp(password, user, "h"), `${user}h`)).toEqual({ password });
    }),
  );
  // Its algorithm knows no octet 0.
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 60 }), (password) => {
      expect(revealFlashfxp(scrambledByFlashfxp(password, "x"), "x")).toBe(password);
    }),
  );
});

/** Whole lines with a secret where each format has it, among others. */
const SECRET = "S3cretOfTests";
const LINES_WITH_SECRETS = {
  lftp: [
    `open -u me,${SECRET} a`,
    `open ftp://me:${SECRET}@a/x`,
    `user me ${SECRET}`,
    `lftp -u me,${SECRET} -e "mirror b /c; frobnicate" a`,
    `LFTP_PASSWORD=${SECRET} lftp -e "open -u me --env-password a; mirror b /c"`,
    `mirror ftp://me:${SECRET}@a/x /y`,
    `1 2 * * * lftp -u me,${SECRET} -e 'mirror --dry-run b /c' a`,
    ...[
      "mirror -R x y",
      "get b",
      "set ftp:proxy x",
      "mirror b /c || !rm x",
      "frobnicate",
      "lftp <<EOF",
      "EOF",
    ],
  ],
  netrc: [
    `machine a login me password ${SECRET} account ${SECRET}`,
    `machine b password ${SECRET}`,
    `default login x password ${SECRET}`,
    ...["# remark", "macdef init", "cd /x", ""],
  ],
  "lftp-bookmarks": [
    `a\tftp://me:${SECRET}@h/`,
    `b\tsftp://me:${SECRET}@h/`,
    `c\tftp://me:${SECRET}@:99999/`,
    "# remark",
  ],
  filezilla: [
    `<Server><Host>a</Host><User>me</User><Pass>${SECRET}</Pass></Server>`,
    `<Server><Host>a:b</Host><User>me</User><Pass>${SECRET}</Pass><Protocol>0</Protocol></Server>`,
    `<Server><Host>s</Host><Pass encoding="crypt">${SECRET}</Pass></Server>`,
    `<Server><Host>k</Host><Protocol>1</Protocol><Pass>${SECRET}</Pass></Server>`,
    ...["<Folder>f", "</Folder>", "<Server>", "</Server>"],
  ],
} as const;

test.each(Object.entries(LINES_WITH_SECRETS))(
  "no secret of a file of %s is in anything but what is kept as a secret",
  (format, lines) => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 12 }), (chosen) => {
        const body = chosen.join("\n");
        const text = format === "filezilla" ? `<FileZilla3><Servers>${body}</Servers></FileZilla3>` : body;
        expect(shownOf(text, format as keyof typeof LINES_WITH_SECRETS)).not.toContain(SECRET);
      }),
      { numRuns: 400 },
    );
  },
);

/** All that files for everybody and the terminal get to see. */
function shownOf(text: string, format: keyof typeof LINES_WITH_SECRETS): string {
  try {
    const imported = readForeign(text, format, CONTEXT);
    const { hosts, jobs, notTaken } = draftsOf([{ file: "f", imported }]);
    return JSON.stringify([hosts.map((host) => ({ ...host, secrets: [] })), jobs, notTaken]);
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    return error.message;
  }
}
