import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { TlsPolicy } from "../../src/ftp/settings.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { type Diagnosis, diagnose } from "../../src/transfer/move/third-party/diagnose/diagnose.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import {
  probePath,
  storeProbe,
  tryStoring,
} from "../../src/transfer/move/third-party/diagnose/probe-file.ts";
import { Traces } from "../../src/transfer/move/third-party/diagnose/traces.ts";
import {
  FAMILIES,
  type Family,
  type RunningServer,
  type ServerOptions,
  startServer,
  startServers,
} from "../servers/index.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;

/** By part and options: what is tried on a server leaves nothing behind, so that the next test may have it too. */
const running = new Map<string, Promise<RunningServer>>();

afterAll(async () => {
  const all = await Promise.allSettled(running.values());
  const started = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  await Promise.all(started.map((one) => one[Symbol.asyncDispose]()));
});

function serverFor(part: "source" | "target", options: ServerOptions): Promise<RunningServer> {
  const key = `${part} ${JSON.stringify(options)}`;
  const known = running.get(key) ?? startServer(options);
  running.set(key, known);
  return known;
}

async function sideOf(name: string, server: RunningServer, policy: TlsPolicy): Promise<FtpSide> {
  const authorities =
    server.caFile === undefined ? {} : { authorities: await readFile(server.caFile, "utf8") };
  const tls = { policy, start: "explicit", verify: true, ...authorities } as const;
  return new FtpSide(settingsFor(name, server, { tls }), { clock: systemClock });
}

/** All that is said of two servers called `alpha` and `beta`; what was in their directories is as before. */
async function diagnosed(
  from: ServerOptions,
  to: ServerOptions,
  policy: TlsPolicy,
  {
    until = () => false,
    limitMs = 20_000,
    within = signal,
  }: {
    readonly until?: (diagnosis: Diagnosis) => boolean;
    readonly limitMs?: number;
    readonly within?: AbortSignal;
  } = {},
): Promise<readonly Diagnosis[]> {
  const [alpha, beta] = await Promise.all([serverFor("source", from), serverFor("target", to)]);
  await writeFile(join(beta.root, "theirs"), "untouched");
  const [source, target] = [await sideOf("alpha", alpha, policy), await sideOf("beta", beta, policy)];
  const traces = new Traces();
  const found: Diagnosis[] = [];
  try {
    await storeProbe(source, probePath("", "c0ffee"), traces, systemClock, signal);
    const examination = {
      source: { side: source, path: probePath("", "c0ffee") },
      target: { side: target, directory: "" },
      nonce: "c0ffee",
      traces,
      limitMs,
      clock: systemClock,
    };
    for await (const diagnosis of diagnose(examination, within)) {
      found.push(diagnosis);
      // What was moved is gone before the next method.
      expect(await readdir(beta.root)).toEqual(["theirs"]);
      if (until(diagnosis)) break;
    }
  } finally {
    expect(await traces.clear()).toEqual([]);
    expect(await readdir(alpha.root)).toEqual([]);
    expect(await readdir(beta.root)).toEqual(["theirs"]);
    await Promise.all([source.close(), target.close()]);
  }
  return found;
}

const namesOf = (diagnoses: readonly Diagnosis[], outcome: Diagnosis["outcome"]) =>
  diagnoses.flatMap((one) => (one.outcome === outcome ? [one.method] : [])).toSorted();

const adviceOf = (diagnoses: readonly Diagnosis[]) => [
  ...new Set(diagnoses.flatMap((one) => (one.outcome === "works" ? [] : one.advice))),
];

const CLEAR = ["source-epsv", "source-pasv", "target-epsv", "target-pasv"];
const BY_TARGET_SSCN = CLEAR.map((name) => `${name}+target-sscn`);

describe("servers that let third parties in", () => {
  test.each([
    ["vsftpd", "proftpd"],
    ["proftpd", "pure-ftpd"],
    ["pure-ftpd", "pyftpdlib"],
    ["pyftpdlib", "vsftpd"],
  ] as const)("%s → %s: every method in clear works, and no advice is given", async (from, to) => {
    const found = await diagnosed({ family: from }, { family: to }, "off");
    expect(namesOf(found, "works")).toEqual(CLEAR);
    expect(namesOf(found, "not-tried")).toHaveLength(10);
    expect(adviceOf(found)).toEqual([]);
    for (const one of found)
      if (one.outcome === "not-tried") expect(one.because).toMatch(/^(alpha|beta) does not use TLS$/);
  });
});

describe("servers that let no third party in", () => {
  /** What each of them is to be set to, as passive and as active side. */
  const DIRECTIVES: Readonly<Record<Family, Readonly<Record<"passive" | "active", RegExp>>>> = {
    vsftpd: { passive: /set pasv_promiscuous=YES in/, active: /set port_promiscuous=YES in/ },
    proftpd: { passive: /set AllowForeignAddress on in/, active: /set AllowForeignAddress on in/ },
    "pure-ftpd": { passive: /start it with -w/, active: /start it with -w/ },
    pyftpdlib: { passive: /permit_foreign_addresses = True/, active: /permit_foreign_addresses = True/ },
  };

  describe.each(FAMILIES)("%s", (family) => {
    test.each(["source", "target"] as const)("as %s is named, with its directive", async (role) => {
      const strict = { family, foreign: "refused" } as const;
      const open = { family: family === "vsftpd" ? "proftpd" : "vsftpd" } as const;
      const [from, to] = role === "source" ? [strict, open] : [open, strict];
      const found = await diagnosed(from, to, "off");
      const host = role === "source" ? "alpha" : "beta";
      expect(namesOf(found, "refused")).toEqual(CLEAR);
      for (const one of found) {
        if (one.outcome !== "refused") continue;
        const stance = one.passive === role ? "passive" : "active";
        const asked = role === "source" ? "RETR" : "STOR";
        const told = one.form === "EPSV" ? "EPRT" : "PORT";
        expect(one).toMatchObject({ role, host, command: stance === "passive" ? asked : told });
        expect(one.because).toMatch(new RegExp(`^${host}: `));
        expect(one.advice).toEqual([expect.stringMatching(new RegExp(`^${host}: `))]);
        expect(one.advice[0]).toMatch(DIRECTIVES[family][stance]);
      }
      expect(namesOf(found, "works")).toEqual([]);
    });
  });

  test("each is told what is its own: PORT by the target, PASV by the source", async () => {
    const found = await diagnosed(
      { family: "vsftpd", settings: ["pasv_promiscuous=NO"] },
      { family: "vsftpd" },
      "off",
    );
    expect(namesOf(found, "works")).toEqual(["target-epsv", "target-pasv"]);
    expect(adviceOf(found)).toEqual(["alpha: set pasv_promiscuous=YES in vsftpd.conf"]);
  });
});

describe("over TLS", () => {
  const vsftpd = { family: "vsftpd", tls: "explicit" } as const;
  const proftpd = { family: "proftpd", tls: "explicit" } as const;

  test("ProFTPD as target works by SSCN", async () => {
    const found = await diagnosed(vsftpd, proftpd, "required");
    expect(namesOf(found, "works")).toEqual(BY_TARGET_SSCN);
    expect(adviceOf(found)).toEqual([]);
  });

  test("two servers without SSCN: nothing can be tried, and that is why", async () => {
    const found = await diagnosed(vsftpd, vsftpd, "required");
    expect(new Set(found.map(({ outcome }) => outcome))).toEqual(new Set(["not-tried"]));
    expect(adviceOf(found).toSorted()).toEqual([
      expect.stringMatching(/^alpha: it has neither SSCN nor CPSV, and no setting adds them/),
      expect.stringMatching(/^alpha: set tls: prefer .*unencrypted/),
      expect.stringMatching(/^beta: it has neither SSCN/),
      expect.stringMatching(/^beta: set tls: prefer/),
    ]);
  });

  test.each([
    ["vsftpd", /^alpha: set require_ssl_reuse=NO in vsftpd\.conf$/],
    ["proftpd", /^alpha: set TLSOptions NoSessionReuseRequired in proftpd\.conf$/],
  ] as const)("%s that demands its session again is named, with its directive", async (family, advice) => {
    const found = await diagnosed({ family, tls: "reuse" }, proftpd, "required");
    expect(namesOf(found, "refused")).toEqual(BY_TARGET_SSCN);
    for (const one of found)
      if (one.outcome === "refused") expect(one).toMatchObject({ host: "alpha", command: "RETR" });
    expect(adviceOf(found)).toEqual([expect.stringMatching(advice)]);
  });

  test("where ProFTPD hangs up because it does not trust the other's certificate, the message says what to set", async () => {
    const found = await diagnosed(vsftpd, { ...proftpd, settings: ["TLSVerifyServer on"] }, "required");
    expect(namesOf(found, "refused")).toEqual(BY_TARGET_SSCN);
    expect(adviceOf(found)).toEqual([expect.stringMatching(/^beta: set TLSVerifyServer off in/)]);
    const because = "beta: STOR: control connection closed by the server";
    for (const one of found)
      if (one.outcome === "refused") expect(one).toMatchObject({ reply: null, because });
  });

  test("ProFTPD as source would do with TLS 1.2, and does", async () => {
    const found = await diagnosed(proftpd, vsftpd, "required");
    expect(namesOf(found, "works")).toEqual([]);
    expect(adviceOf(found)).toContain("alpha: set TLSProtocol TLSv1.2 in proftpd.conf");
    const old = await diagnosed({ ...proftpd, settings: ["TLSProtocol TLSv1.2"] }, vsftpd, "required");
    expect(namesOf(old, "works")).toEqual(CLEAR.map((name) => `${name}+source-sscn`));
  });
});

describe("in clear, with servers that want TLS on data connections", () => {
  const other = { family: "vsftpd", tls: "explicit" } as const;
  /** The directive, and how these servers are started with it. */
  const CASES = {
    vsftpd: [/set force_local_data_ssl=NO .*force_anon_data_ssl=NO/, ["force_anon_data_ssl=NO"]],
    proftpd: [/set TLSRequired ctrl in/, ["TLSRequired ctrl"]],
    "pure-ftpd": [/start it with -Y 2/, ["-Y", "2"]],
    pyftpdlib: [/set tls_data_required = False in/, undefined],
  } as const satisfies Record<Family, readonly [RegExp, readonly string[] | undefined]>;

  test.each(FAMILIES)("%s is named, with the directive that helps", async (family) => {
    const [advice, settings] = CASES[family];
    const found = await diagnosed({ family, tls: "required" }, other, "prefer");
    expect(namesOf(found, "refused")).toEqual(CLEAR);
    expect(adviceOf(found)).toEqual([expect.stringMatching(advice)]);
    expect(adviceOf(found)[0]).toMatch(/^alpha: .*files then pass unencrypted/);
    if (settings === undefined) return;
    const helped = await diagnosed({ family, tls: "required", settings }, other, "prefer");
    expect(namesOf(helped, "works")).toEqual(CLEAR);
  });
});

describe("nothing is left behind", () => {
  test("when nobody wants to hear the rest", async () => {
    const found = await diagnosed({ family: "vsftpd" }, { family: "proftpd" }, "off", { until: () => true });
    expect(namesOf(found, "works")).toEqual(["source-pasv"]);
  });

  test("when it is cancelled", async () => {
    const controller = new AbortController();
    const cancel = () => {
      setTimeout(() => controller.abort(), 1);
      return false;
    };
    const servers = [{ family: "pure-ftpd", foreign: "refused" }, { family: "vsftpd" }] as const;
    const cancelled = diagnosed(...servers, "off", { until: cancel, within: controller.signal });
    await expect(cancelled).rejects.toThrow(/abort/i);
  });
});

test("a method that does not end in time costs no more than itself", async () => {
  const servers = [
    { family: "vsftpd", tls: "explicit" },
    { family: "proftpd", tls: "explicit" },
  ] as const;
  const found = await diagnosed(...servers, "required", { limitMs: 10 });
  expect(namesOf(found, "refused")).toEqual(BY_TARGET_SSCN);
  for (const one of found) {
    if (one.outcome !== "refused") continue;
    const host = one.passive === "source" ? "alpha" : "beta";
    expect(one).toMatchObject({
      host,
      reply: null,
      because: expect.stringMatching(/did not end within 0\.\d s$/),
    });
    expect(one.advice).toEqual([expect.stringMatching(/pasv_min_port|PassivePorts/)]);
  }
});

test("a directory that takes no files is found before anything is moved", async () => {
  await using started = await startServers([{ family: "vsftpd", settings: ["write_enable=NO"] }]);
  const side = await sideOf("beta", started.servers[0] as RunningServer, "off");
  const traces = new Traces();
  await expect(tryStoring(side, ".fxpd-c0ffee.probe", traces, systemClock, signal)).rejects.toThrow(
    /^beta: STOR .* 55/,
  );
  expect(await traces.clear()).toEqual([]);
  await side.close();
});
