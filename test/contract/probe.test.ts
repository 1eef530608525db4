import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../../src/ftp/session/client.ts";
import {
  type Connect,
  type DigestFinding,
  type Finding,
  probe,
  probeReadOnly,
  type ProbeResult,
} from "../../src/ftp/probe/probe.ts";
import type { HostSettings } from "../../src/ftp/settings.ts";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;

function connectTo(server: RunningServer, tls?: HostSettings["tls"]): Connect {
  const settings = settingsFor(server.family, server, tls === undefined ? {} : { tls });
  return (transcript, within) => Client.connect(settings, transcript, within);
}

/** What is found of a server; the directory and what was in it are as before. */
async function probed(
  server: RunningServer,
  tls?: HostSettings["tls"],
  examine = probe,
): Promise<ProbeResult> {
  await mkdir(join(server.root, "here"), { recursive: true });
  // Servers started by root run as somebody else.
  await chmod(join(server.root, "here"), 0o777);
  await writeFile(join(server.root, "here/theirs"), "untouched");
  const result = await examine(connectTo(server, tls), "here", () => Date.now(), "c0ffee", signal);
  expect(await readdir(join(server.root, "here"))).toEqual(["theirs"]);
  expect((await readdir(server.root)).filter((name) => name.startsWith(".fxpd-"))).toEqual([]);
  expect(await readFile(join(server.root, "here/theirs"), "utf8")).toBe("untouched");
  expect(result.left).toEqual([]);
  return result;
}

/** The names of what works. */
function working(findings: Readonly<Record<string, Finding>>): readonly string[] {
  return Object.entries(findings).flatMap(([name, { works }]) => (works === true ? [name] : []));
}

const FILES = ["store", "restartRetrieve", "restartStore", "append", "replace"];
const DIGESTS = ["MD5", "XCRC", "XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512"];
const HASHES = ["CRC32", "MD5", "SHA-1", "SHA-256", "SHA-512"];

interface Expected {
  readonly listings: readonly string[];
  readonly files: readonly string[];
  readonly times: readonly string[];
  readonly digests: readonly string[];
  /** Over TLS. */
  readonly takes4096: boolean;
  readonly thirdPartyTls: readonly string[];
}

const EXPECTED: Readonly<Record<Family, Expected>> = {
  vsftpd: {
    listings: ["list", "stat"],
    files: FILES,
    times: ["MDTM"],
    digests: [],
    takes4096: true,
    thirdPartyTls: [],
  },
  proftpd: {
    listings: ["mlsd", "mlst", "list", "stat"],
    files: [...FILES, "sameServerCopy"],
    times: ["MFMT", "MFF", "SITE UTIME (long)", "SITE UTIME (short)"],
    digests: [...HASHES.map((algorithm) => `HASH ${algorithm}`), ...DIGESTS],
    takes4096: false,
    thirdPartyTls: ["SSCN"],
  },
  "pure-ftpd": {
    listings: ["mlsd", "mlst", "list", "stat"],
    files: FILES,
    times: ["MFMT", "SITE UTIME (long)", "SITE UTIME (short)"],
    digests: [],
    takes4096: false,
    thirdPartyTls: ["PRET"],
  },
  pyftpdlib: {
    listings: ["mlsd", "mlst", "list", "stat"],
    files: FILES,
    times: ["MFMT"],
    digests: [],
    takes4096: true,
    thirdPartyTls: [],
  },
};

/** `HASH MD5`, `XMD5`. */
function nameOf({ command, algorithm }: DigestFinding): string {
  return command === "HASH" ? `HASH ${algorithm}` : command;
}

/**
 * pyftpdlib closes a data connection on which TLS begins before the transfer command has come, and says nothing
 * any more. Whatever needs one may be lost by that, and is then said to be unknown.
 */
function lostBy(result: ProbeResult, family: Family, findings: Readonly<Record<string, Finding>>) {
  const mayLose = family === "pyftpdlib" && result.tls.data === "private";
  const isLost = ({ works, because }: Finding) =>
    works === "unknown" && because.startsWith("connection lost");
  return Object.keys(findings).filter((name) => mayLose && isLost(findings[name] as Finding));
}

function expectFound(result: ProbeResult, family: Family): void {
  const expected = EXPECTED[family];
  const { listings, files } = result;
  const lost = [lostBy(result, family, listings), lostBy(result, family, files)] as const;
  expect(result.family).toBe(family);
  expect(result.words.greeting).toMatch(/^220 /);
  expect(result.words.system).toBe("215 UNIX Type: L8");
  expect(result.directory.works).toBe(true);
  expect([...working(listings), ...lost[0]].toSorted()).toEqual(expected.listings.toSorted());
  expect([...working(files), ...lost[1]].toSorted()).toEqual(expected.files.toSorted());
  expect(result.lost).toHaveLength(lost.flat().length + (result.ahead.beyond4096.works === true ? 0 : 1));
  expect(working(result.times)).toEqual(expected.times);
  expect(result.names.beyondAscii.works).toBe(true);
  expect(result.ahead.several.works).toBe(true);
  // It takes no option before the name.
  if (family === "pyftpdlib") expect(result.ahead.listings.because).toMatch(/^STAT -la: 550 /);
  else if (lost.flat().length === 0) expect(result.ahead.listings.works).toBe(true);
  expect(result.clock.skewMs).toBe(0);
  expect(result.clock.precisionMs).toBeLessThan(3_000);
  expect(result.zone.offsetMinutes).toBe(0);
  const right = result.digests.filter(({ whole }) => whole.works === true);
  expect(right.map(nameOf).toSorted()).toEqual(expected.digests.toSorted());
  const inPart = result.digests.filter(({ range }) => range.works === true);
  expect(inPart.map(nameOf).toSorted()).toEqual(
    expected.digests.filter((name) => name.startsWith("X")).toSorted(),
  );
}

describe("what a server can do is found by trying", () => {
  let started: Awaited<ReturnType<typeof startServers>>;
  beforeAll(async () => {
    started = await startServers(FAMILIES.map((family) => ({ family })));
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
  });
  const server = (family: Family) => started.servers[FAMILIES.indexOf(family)] as RunningServer;

  test.each(FAMILIES)("%s, in clear", async (family) => {
    const result = await probed(server(family));
    expectFound(result, family);
    expect(result.tls).toEqual({ control: "clear", data: "clear" });
    expect(result.ahead.beyond4096.works).toBe(true);
    const ways = EXPECTED[family].thirdPartyTls.filter((name) => name !== "SSCN");
    expect(working(result.thirdPartyTls)).toEqual(ways);
  });

  test.each(FAMILIES)("%s, read-only: its files are not written, nor its times set", async (family) => {
    const result = await probed(server(family), undefined, probeReadOnly);
    expect(working(result.listings)).toEqual(EXPECTED[family].listings);
    expect(result.zone.offsetMinutes).toBe(0);
    const tried = [result.files.store, result.files.append, result.names.beyondAscii, result.clock];
    for (const finding of [...tried, ...Object.values(result.times)])
      expect(finding).toMatchObject({ works: "not tried", because: "read-only" });
  });

  test("Pure-FTPd says how many may be there", async () => {
    const { limits } = await probed(server("pure-ftpd"));
    expect(limits).toContainEqual(expect.objectContaining({ allowed: 50, present: expect.any(Number) }));
  });

  test.each(FAMILIES)(
    "%s, where nothing may be written: that is found, and nothing is left",
    async (family) => {
      await mkdir(join(server(family).root, "closed"), { mode: 0o555 });
      const result = await probe(connectTo(server(family)), "closed", () => Date.now(), "c0ffee", signal);
      expect(result.files.store.works).toBe(false);
      expect(result.files.append.works).toBe("not tried");
      expect(result.left).toEqual([]);
      expect(result.lost).toEqual([]);
    },
  );
});

describe("what a server can do over TLS is found by trying", () => {
  let started: Awaited<ReturnType<typeof startServers>>;
  beforeAll(async () => {
    started = await startServers(FAMILIES.map((family) => ({ family, tls: "explicit" as const })));
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
  });

  test.each(FAMILIES)("%s", async (family) => {
    const server = started.servers[FAMILIES.indexOf(family)] as RunningServer;
    const authorities = await readFile(server.caFile ?? "", "utf8");
    const tls = { policy: "required", start: "explicit", verify: true, authorities } as const;
    const result = await probed(server, tls);
    expectFound(result, family);
    expect(result.tls).toEqual({ control: "TLSv1.3", data: "private" });
    expect(working(result.thirdPartyTls)).toEqual(EXPECTED[family].thirdPartyTls);
    expect(result.ahead.beyond4096.works).toBe(EXPECTED[family].takes4096);
  });
});
