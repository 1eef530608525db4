import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";

let desk: Desk;

const SITES = `<FileZilla3><Servers>
<Server><Host>ftp.example.org</Host><Protocol>4</Protocol><User>me: {x}
# y</User><Pass encoding="base64">aHVudGVyMg==</Pass><Name>../../etc/Archive</Name></Server>
<Server><Host>b.example.org</Host><User>you</User><Name>etc-Archive</Name></Server>
<Server><Host>c.example.org</Host><User>ä: "b" [c]</User><Pass>tab\tand 'quote'</Pass><Name>c</Name></Server>
</Servers></FileZilla3>`;

beforeAll(async () => {
  desk = await deskHere();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const directory of ["config", "jobs"])
    await rm(join(desk.path, directory), { recursive: true, force: true });
  await mkdir(join(desk.path, "config/hosts"), { recursive: true });
  await writeFile(join(desk.path, "sites.xml"), SITES);
});

const hostFile = (name: string) => join(desk.path, "config/hosts", name);

test("hosts are written with their passwords beside them, for their owner only, and pass the check", async () => {
  const { status, out } = await desk.fxpd("import", "sites.xml");
  expect(status).toBe(1);
  // Of two lines, so that no login can have it.
  expect(out).toContain("sites.xml:2: not taken: ../../etc/Archive: user: expected the name of a user");
  expect(out).not.toMatch(/hunter2|aHVudGVyMg|quote/);
  expect((await readdir(hostFile(""))).sort()).toEqual(["c.password", "c.yaml", "etc-Archive.yaml"]);
  expect((await stat(hostFile("c.password"))).mode & 0o777).toBe(0o600);
  expect(await readFile(hostFile("c.password"), "utf8")).toBe("tab\tand 'quote'\n");
  const text = await readFile(hostFile("c.yaml"), "utf8");
  expect(text).toContain("file: c.password");
  expect(text).not.toContain("quote");
  expect(await desk.fxpd("check", "--config", "config")).toMatchObject({ status: 0, err: "" });
});

test("a second import changes nothing, and what differs stays as it is", async () => {
  await writeFile(join(desk.path, "crontab"), "0 1 * * * lftp -c 'open -u me,s3 a.example; mirror b /c'\n");
  const words = ["import", "crontab", "--config", "config", "--json"];
  expect(await desk.fxpd(...words)).toMatchObject({
    status: 0,
    summary: { hosts: 1, jobs: 1, unchanged: 0 },
  });
  expect(await desk.fxpd(...words)).toMatchObject({
    status: 0,
    summary: { hosts: 0, jobs: 0, unchanged: 2 },
  });
  const own = "# mine\naddress: a.example\nuser: me\ntls: required\n";
  await writeFile(hostFile("a.example.yaml"), own);
  await rm(join(desk.path, "jobs"), { recursive: true });
  // The same server: its jobs can use it.
  expect(await desk.fxpd(...words)).toMatchObject({ status: 1, summary: { hosts: 0, jobs: 1, existing: 1 } });
  expect(await readFile(hostFile("a.example.yaml"), "utf8")).toBe(own);
  await writeFile(hostFile("a.example.yaml"), "address: other.example\n");
  await rm(join(desk.path, "jobs"), { recursive: true });
  expect(await desk.fxpd(...words)).toMatchObject({
    status: 1,
    summary: { hosts: 0, jobs: 0, existing: 1, notTaken: 1 },
  });
});

test("a dry run writes nothing, and neither does an import of which one file cannot be read", async () => {
  expect(await desk.fxpd("import", "--dry-run", "sites.xml", "--json")).toMatchObject({
    summary: { hosts: 2, outcome: "partial" },
  });
  expect(await readdir(hostFile(""))).toEqual([]);
  await writeFile(join(desk.path, "bomb.xml"), '<!DOCTYPE a [<!ENTITY b "bb">]><FileZilla3>&b;</FileZilla3>');
  const { status, err } = await desk.fxpd("import", "sites.xml", "bomb.xml");
  expect({ status, err }).toEqual({
    status: 2,
    err: expect.stringMatching(/^fxpd: bomb\.xml: line 1: .* document type, which is not read\n$/),
  });
  expect(await readdir(hostFile(""))).toEqual([]);
  for (const [words, message] of [
    [["import", "missing.xml"], "missing.xml: cannot be imported"],
    [["import", "config"], "it is not a file"],
    [["import", "--format", "putty", "sites.xml"], "--format: expected filezilla, winscp"],
  ] as const)
    expect(await desk.fxpd(...words)).toMatchObject({ status: 2, err: expect.stringContaining(message) });
});
