import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkConfiguration } from "../../../../src/config/load/check.ts";
import { formatFault } from "../../../../src/config/load/document.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-check-"));
  vi.stubEnv("UNSET", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

/** What is found in these files, their directory left out. */
async function check(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text, { mode: 0o600 });
  }
  const report = await checkConfiguration({
    config: join(directory, "config"),
    jobs: join(directory, "jobs"),
  });
  const sentences = (faults: typeof report.faults) =>
    faults.map((fault) => formatFault(fault).replaceAll(`${directory}/`, ""));
  return { ...report, faults: sentences(report.faults), warnings: sentences(report.warnings) };
}

test("nothing at all is valid", async () => {
  expect(await check({})).toEqual({ hosts: 0, jobs: 0, faults: [], warnings: [] });
});

test("a character set that nobody knows is refused, with the nearest one", async () => {
  const { faults } = await check({
    "config/hosts/a.yaml": "address: a\ncharset: windws-1251",
    "config/hosts/b.yaml": "address: b\ncharset: utf-16",
    "config/hosts/c.yaml": "address: c\ncharset: Latin-1",
  });
  expect(faults).toEqual([
    'config/hosts/a.yaml:2:1: charset: "windws-1251" is not a character set that file names can be converted from; did you mean windows-1251?',
    'config/hosts/b.yaml:2:1: charset: "utf-16" is not a character set that file names can be converted from; did you mean utf-8?',
  ]);
});

test("every file is read, and each fault has its file", async () => {
  const report = await check({
    "config/hosts/a.yaml": "address: a\nprt: 1",
    "config/hosts/b.yml": "address: b",
    "config/hosts/README.md": "",
    "jobs/x.yaml": "copy: {from: 'a:*', to: 'b:'}\nparallel: 0",
    "jobs/y.yaml": "",
  });
  expect(report).toEqual({
    hosts: 2,
    jobs: 2,
    faults: [
      "config/hosts/a.yaml:2:1: prt: unknown key; did you mean port?",
      "jobs/x.yaml:2:1: parallel: expected a whole number from 1 to 64",
      "jobs/y.yaml:1:1: the file is empty; it needs copy or mirror",
    ],
    warnings: [],
  });
});

test("what a host file points to has to be there; the environment may be another one later", async () => {
  const report = await check({
    "config/hosts/a.yaml":
      "address: a\ntls:\n  caFile: ca.pem\npasswordFrom: {file: secret}\naccountFrom: {env: UNSET}",
  });
  expect(report).toMatchObject({
    faults: [
      "config/hosts/a.yaml:3:3: tls.caFile: file not found: config/hosts/ca.pem",
      "config/hosts/a.yaml:4:16: passwordFrom.file: file not found: config/hosts/secret",
    ],
    warnings: ["config/hosts/a.yaml:5:15: accountFrom.env: the environment variable UNSET is not set"],
  });
});

test("a job names hosts that are there; URLs and local paths need none", async () => {
  const report = await check({
    "config/hosts/archive.yaml": "address: a",
    "jobs/x.yaml": "copy:\n  from: [archive:x, archvie:y, 'ftp://h/z', ./w]\n  to: 'other:'",
  });
  expect(report.faults).toEqual([
    "jobs/x.yaml:2:21: copy.from.1: no such host: archvie (no archvie.yaml in config/hosts); did you mean archive?",
    "jobs/x.yaml:3:3: copy.to: no such host: other (no other.yaml in config/hosts)",
  ]);
});

test("a name belongs to one file, and can be written in a location", async () => {
  const job = "copy: {from: ./x, to: ./y}";
  const report = await check({
    "config/hosts/a.yaml": "address: a",
    "config/hosts/a.yml": "address: b",
    "config/hosts/my host.yaml": "address: c",
    "jobs/j.yaml": job,
    "jobs/j.yml": job,
  });
  expect(report.faults).toEqual([
    "config/hosts/a.yml:1:1: the host a is already defined in another file",
    'config/hosts/my host.yaml:1:1: "my host" is not a valid name for a host; expected letters, digits, dots, hyphens and underscores',
    "jobs/j.yml:1:1: the job j is already defined in another file",
  ]);
});

test("targets that lie in each other, or spread with nobody to spread to, are told by their place", async () => {
  const { faults } = await check({
    "jobs/in.yaml": "mirror:\n  from: ./a\n  to:\n    - ./b\n    - ./b/c\n    - ./b/\n",
    "jobs/none.yaml": "mirror: {from: ./a, to: []}",
    "jobs/one.yaml": "mirror:\n  from: ./a\n  to: ./b\n  spread: true\n",
    "jobs/text.yaml": "mirror: {from: ./a, to: [./b, ./b, c]}",
    "jobs/host.yaml": "mirror: {from: ./a, to: [./b, edge:/c]}",
    "jobs/fine.yaml": "mirror: {from: ./a, to: [./b, ./c], spread: true}",
  });
  expect(faults).toEqual([
    "jobs/host.yaml:1:31: mirror.to.1: no such host: edge (no edge.yaml in config/hosts)",
    "jobs/in.yaml:5:7: mirror.to.1: is inside ./b; targets must not overlap",
    "jobs/in.yaml:6:7: mirror.to.2: is the same as ./b; targets must not overlap",
    "jobs/none.yaml:1:21: mirror.to: expected at least one",
    "jobs/one.yaml:4:3: mirror.spread: this needs several targets in to",
    'jobs/text.yaml:1:36: mirror.to.2: "c" is not a location; expected host:path, ftp://host/path or a local path such as ./c',
  ]);
});
