import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { formatFault, readDocument, type Schema } from "../../../../src/config/load/document.ts";
import { HostFile } from "../../../../src/config/schema/hosts.ts";
import { jobSchemaFor } from "../../../../src/config/schema/jobs.ts";

/** What is wrong with a file, one sentence a line, as `fxpd check` says it. */
function faultsOf(file: string, text: string, schema: Schema<z.ZodType>): string[] {
  const read = readDocument(file, text, schema);
  return read.kind === "valid" ? [] : read.faults.map(formatFault);
}

const LOCATION = "a location such as host:path, or a list of them";
const DURATION = "expected a duration such as 500ms, 30s, 5m or 1h30m, more than 0 and at most 1d";
const HOST_KEYS =
  "address, port, user, passwordFrom, accountFrom, tls, localAddress, virtualHost, dataAddresses, dataOpening, charset, timeZone, commandsAhead, loginCommands, inPlace, limits, timeouts";

describe("a host file", () => {
  const NO_PASSWORD = "do not put passwords in this file; use passwordFrom: {env: NAME} or {file: PATH}";

  test.each([
    ["", "1:1: the file is empty; it needs address"],
    ["# nothing yet\n", "1:1: the file is empty; it needs address"],
    ["just text", "1:1: expected keys with values"],
    [
      "port: 21",
      "1:1: address: is missing; expected a name or address without a port; the port has its own key",
    ],
    ["address: h:21", "1:1: address: expected a name or address without a port; the port has its own key"],
    ["address: a:21", "1:1: address: expected a name or address without a port; the port has its own key"],
    ["address: cafe:21", "1:1: address: expected a name or address without a port; the port has its own key"],
    [
      "address: 192.0.2.1:21",
      "1:1: address: expected a name or address without a port; the port has its own key",
    ],
    ["address: h\nport: 99999", "2:1: port: expected a whole number from 1 to 65535"],
    ["address: h\nport: 21.5", "2:1: port: expected a whole number from 1 to 65535"],
    ["address: h\nuser: 5", "2:1: user: expected the name of a user; put a number in quotes to make it text"],
    [
      "address: h\nuser: 'a\\nb",
      "2:12: something is missing here: a colon, a quote, a bracket, a brace, a comma or a space",
    ],
    ["address: h\nprt: 21", "2:1: prt: unknown key; did you mean port?"],
    ["address: h\ncolour: red", `2:1: colour: unknown key; known here: ${HOST_KEYS}`],
    ["address: h\npassword: hush", `2:1: password: ${NO_PASSWORD}`],
    ["address: h\npasswd: hush", `2:1: passwd: ${NO_PASSWORD}`],
    ["address: h\npasswordFrom: hush", "2:1: passwordFrom: expected keys with values"],
    ["address: h\npasswordFrom: {}", "2:1: passwordFrom: expected exactly one of env, file, command"],
    [
      "address: h\npasswordFrom: {env: A, file: b}",
      "2:1: passwordFrom: expected exactly one of env, file, command",
    ],
    ["address: h\npasswordFrom: {fiel: b}", "2:16: passwordFrom.fiel: unknown key; did you mean file?"],
    [
      "address: h\npasswordFrom: {env: $A}",
      "2:16: passwordFrom.env: expected the name of an environment variable",
    ],
    ["address: h\npasswordFrom: {command: pass h}", "2:16: passwordFrom.command: expected a list"],
    [
      "address: h\npasswordFrom: {command: []}",
      "2:16: passwordFrom.command: expected a program and its arguments",
    ],
    ["address: h\ntls: requierd", "2:1: tls: expected required, prefer, off, or keys with values"],
    ["address: h\ntls: {verify: maybe}", "2:7: tls.verify: expected true or false"],
    [
      "address: h\ntls: {fingerprint: ab:cd}",
      "2:7: tls.fingerprint: expected the SHA-256 of a certificate, 64 hexadecimal digits",
    ],
    [
      "address: h\ntls:\n  start: implicit\n  policy: prefer",
      "4:3: tls.policy: with start: implicit, TLS starts with the first byte; expected required",
    ],
    ["address: h\ndataAddresses: 10.0.0.1", "2:1: dataAddresses: expected a list"],
    ["address: h\ndataAddresses: [10.0.0.1, x]", "2:27: dataAddresses.1: expected an IP address"],
    ["address: h\ndataOpening: both", "2:1: dataOpening: expected auto, passive or active"],
    [
      "address: h\nlimits: {connections: 0}",
      "2:10: limits.connections: expected a whole number from 1 to 1000",
    ],
    [
      "address: h\nlimits: {conections: 3}",
      "2:10: limits.conections: unknown key; did you mean connections?",
    ],
    ["address: h\ntimeouts: {reply: soon}", `2:12: timeouts.reply: ${DURATION}`],
    ["address: h\ntimeouts: {reply: 0}", `2:12: timeouts.reply: ${DURATION}`],
    ["address: h\ntimeouts: {reply: 30d}", `2:12: timeouts.reply: ${DURATION}`],
  ])("%j", (text, sentence) => {
    expect(faultsOf("h.yaml", text, HostFile)).toEqual([`h.yaml:${sentence}`]);
  });

  test("all errors are reported, in the order of the lines", () => {
    const text = "tls: {polcy: off, verify: 3}\nport: x\naddress: a b\nlimits: 3\n";
    expect(faultsOf("h.yaml", text, HostFile)).toEqual([
      "h.yaml:1:7: tls.polcy: unknown key; did you mean policy?",
      "h.yaml:1:19: tls.verify: expected true or false",
      "h.yaml:2:1: port: expected a whole number from 1 to 65535",
      "h.yaml:3:1: address: expected a name or address without a port; the port has its own key",
      "h.yaml:4:1: limits: expected keys with values",
    ]);
  });

  test("what is not said has its default", () => {
    const read = readDocument("h.yaml", "address: ftp.example.org", HostFile);
    expect(read).toMatchObject({
      kind: "valid",
      value: {
        address: "ftp.example.org",
        tls: { start: "explicit", verify: true },
        dataAddresses: [],
        dataOpening: "auto",
        limits: { connections: 8 },
        timeouts: { connect: 30_000, reply: 60_000, stall: 60_000, idle: 240_000 },
      },
    });
  });
});

describe("invalid YAML", () => {
  test.each([
    ["address: h\naddress: i", "2:1: duplicate key"],
    ["port\naddress: h", "1:1: this line has no colon; expected key: value"],
    ["address: h\n\tport: 3", "2:1: the indentation contains a tab; use spaces"],
    ["address: h\n---\nport: 3", "2:1: a second document begins here; expected only one"],
    ["address: h: i", "1:10: a second colon in one value; put the value in quotes, or fix the indentation"],
    ["address: [h", "1:12: the indentation does not match the lines above, or a bracket is not closed"],
    ["user: @me", "1:7: a value cannot begin with this character; put it in quotes"],
    [
      "address: a\nuser: *me",
      "2:7: a value that begins with * is an alias; put it in quotes to make it text",
    ],
    ["user: [*a, *b]", "1:8: a value that begins with * is an alias; put it in quotes to make it text"],
    [
      "user: !me x",
      "1:7: a value that begins with ! is a tag, and tags are not supported; put it in quotes to make it text",
    ],
    [
      'user: "a\\qb"',
      "1:9: unknown escape sequence in double quotes; in single quotes, a backslash is literal",
    ],
    ["user: |me\n  x", "1:8: unexpected text here"],
    ["%YAML 1.2 x\n---\nuser: x", "1:1: this is not valid YAML"],
  ])("%j", (text, sentence) => {
    expect(faultsOf("h.yaml", text, HostFile)).toEqual([`h.yaml:${sentence}`]);
  });
});

test("a job that says neither copy nor mirror is answered with the nearest known key", () => {
  expect(faultsOf("j.yaml", "mirrror: {from: a:b, to: c:d}", jobSchemaFor)).toContain(
    "j.yaml:1:1: mirrror: unknown key; did you mean mirror?",
  );
});

describe("a job file", () => {
  test.each([
    ["fxp: only", "1:1: copy: is missing; a job needs copy or mirror"],
    ["copy: {from: a:b, to: c:d}\ndelete: true", "2:1: delete: only mirrors have this"],
    ["mirror: {from: a:b, to: c:d}\ntype: ascii", "2:1: type: only copies have this"],
    [
      "copy: {from: a:b, to: c:d}\nmirror: {from: a:b, to: c:d}",
      "1:1: copy: a job has either copy or mirror; use a file for each",
    ],
    ["", "1:1: the file is empty; it needs copy or mirror"],
    ["copy: a:b", "1:1: copy: expected keys with values"],
    ["copy: {to: c:d}", `1:1: copy.from: is missing; expected ${LOCATION}`],
    [
      "copy: {from: a:b, to: c:}",
      "1:23: inside brackets or braces, a value that ends with a colon or begins with a hyphen needs quotes",
    ],
    [
      "copy:\n  from: a:b\n  to: c:",
      "3:7: a second colon in one value; put the value in quotes, or fix the indentation",
    ],
    [
      "mirror: {from: 'a:*', to: c:d}",
      "1:10: mirror.from: wildcards are not allowed here; to use one as part of a name, put \\ before it",
    ],
    ...["../x", "a/../x", "..", "/a/.."].map((path) => [
      `mirror: {from: a:b, to: c:d}\ntrash: ${path}`,
      "2:1: trash: expected a directory at the target, without ..",
    ]),
    [
      "mirror: {from: a:b, to: c:d}\nstamp: ../x",
      "2:1: stamp: expected a path below the target directory, without ..",
    ],
    ["copy: {from: 5, to: c:d}", `1:8: copy.from: expected ${LOCATION}`],
    ["copy: {from: [], to: c:d}", "1:8: copy.from: expected at least one"],
    [
      "copy: {from: [a:b, c], to: c:d}",
      '1:20: copy.from.1: "c" is not a location; expected host:path, ftp://host/path or a local path such as ./c',
    ],
    [
      "copy: {from: 'ftp://me:hush@h/x', to: c:d}",
      "1:8: copy.from: do not put passwords in this file; create a host file with passwordFrom, or use ~/.netrc",
    ],
    [
      "copy: {from: a:b, to: 'c:*'}",
      "1:19: copy.to: wildcards are not allowed here; to use one as part of a name, put \\ before it",
    ],
    ["copy: {from: a:b, to: c:d}\nfpx: never", "2:1: fpx: unknown key; did you mean fxp?"],
    ["copy: {from: a:b, to: c:d}\nparallel: 100", "2:1: parallel: expected a whole number from 1 to 64"],
    ["copy: {from: a:b, to: c:d}\nverify: hash", "2:1: verify: expected size, digest, require-digest or off"],
    [
      "copy: {from: a:b, to: c:d}\nonExists: ask",
      "2:1: onExists: expected overwrite, skip, newer, fail or unique",
    ],
    [
      "copy: {from: a:b, to: c:d}\nexclude: 5",
      "2:1: exclude: expected a glob such as *.tmp or incoming/**, or a list of them",
    ],
    [
      "copy: {from: a:b, to: c:d}\nexclude: ['*.tmp', '{1..5000}']",
      "2:20: exclude.1: pattern expands to more than 1000 alternatives",
    ],
    [
      "copy: {from: a:b, to: c:d}\nrules: [{include: a, exclude: b}]",
      "2:9: rules.0: expected exactly one of include, exclude",
    ],
    [
      "copy: {from: a:b, to: c:d}\nrules: [{exlude: b}]",
      "2:10: rules.0.exlude: unknown key; did you mean exclude?",
    ],
  ])("%j", (text, sentence) => {
    expect(faultsOf("j.yaml", text, jobSchemaFor)).toEqual([`j.yaml:${sentence}`]);
  });

  test("one source or one glob is a list of one", () => {
    const read = readDocument("j.yaml", "copy: {from: a:b, to: ./}\nexclude: '*.tmp'", jobSchemaFor);
    expect(read).toMatchObject({ value: { copy: { from: ["a:b"], to: "./" }, exclude: ["*.tmp"] } });
  });

  test("rules keep their order", () => {
    const rules = [{ include: "a" }, { exclude: "*" }, { include: "b" }];
    const text = `copy: {from: a:b, to: c:d}\nrules: ${JSON.stringify(rules)}`;
    expect(readDocument("j.yaml", text, jobSchemaFor)).toMatchObject({ value: { rules } });
  });
});

test("a job whose rules are too many together is refused at once, and so are its sources", () => {
  const exclude = Array.from({ length: 100 }, (_, index) => `${index}{1..999}`);
  const from = exclude.map((path) => `a:${path}`);
  for (const document of [
    { copy: { from: "a:b", to: "c:d" }, exclude },
    { copy: { from: "a:b", to: "c:d" }, rules: exclude.map((include) => ({ include })) },
    { mirror: { from: "a:b", to: "c:d" }, indexesLast: exclude },
    { copy: { from, to: "c:d" } },
  ])
    expect(jobSchemaFor(document).safeParse(document).error?.message).toMatch(
      /the rules and patterns together have more than 10000 patterns/,
    );
});
