import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../../src/ftp/session/client.ts";
import { LoginError, ProtectionError } from "../../src/ftp/errors.ts";
import type { HostSettings } from "../../src/ftp/settings.ts";
import * as verbs from "../../src/ftp/session/verbs.ts";
import {
  FAMILIES,
  type Family,
  type RunningServer,
  type ServerOptions,
  startServers,
} from "../servers/index.ts";
import { moveOne } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;
const OPTIONS: readonly ServerOptions[] = [
  ...FAMILIES.map((family) => ({ family, tls: "explicit" as const })),
  ...FAMILIES.map((family) => ({ family, tls: "required" as const })),
  { family: "vsftpd", tls: "reuse" },
  { family: "proftpd", tls: "reuse" },
  { family: "vsftpd", tls: "implicit" },
  { family: "proftpd", tls: "implicit" },
  { family: "pyftpdlib", tls: "explicit", certificate: "wrong-name" },
  { family: "vsftpd" },
];

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers(OPTIONS);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

function server(family: Family, tls: ServerOptions["tls"]): RunningServer {
  const found =
    started.servers[OPTIONS.findIndex((one) => one.family === family && (one.tls ?? "none") === tls)];
  if (found === undefined) throw new Error(`no ${family} with ${tls}`);
  return found;
}

async function tlsTo(
  one: RunningServer,
  more: Partial<HostSettings["tls"]> = {},
): Promise<HostSettings["tls"]> {
  const authorities = one.caFile === undefined ? {} : { authorities: await readFile(one.caFile, "utf8") };
  return { policy: "required", start: "explicit", verify: true, ...authorities, ...more };
}

async function conversation(settings: HostSettings): Promise<{ client: Client; lines: readonly string[] }> {
  const lines: string[] = [];
  const client = await Client.connect(settings, ({ from, text }) => lines.push(`${from} ${text}`), signal);
  return { client, lines };
}

const explicit = FAMILIES.flatMap((family) =>
  (["explicit", "required"] as const).map((tls) => ({ family, tls })),
);
const reuse = (["vsftpd", "proftpd"] as const).map((family) => ({ family, tls: "reuse" as const }));
const implicit = (["vsftpd", "proftpd"] as const).map((family) => ({ family, tls: "implicit" as const }));

describe("promise 5, protection is never lowered unasked", () => {
  test.each([...explicit, ...reuse, ...implicit])(
    "$family, $tls: login, listing and files are private",
    async ({ family, tls }) => {
      const one = server(family, tls);
      const start = tls === "implicit" ? "implicit" : "explicit";
      const { client, lines } = await conversation(
        settingsFor("private", one, { tls: await tlsTo(one, { start }) }),
      );
      expect(client.isProtected).toBe(true);
      expect(lines.findIndex((line) => line === "us PROT P")).toBeGreaterThan(-1);
      expect(lines.findIndex((line) => /TLS established|port \d+, TLS/.test(line))).toBeLessThan(
        lines.indexOf("us PASS ***"),
      );
      expect(lines.join("\n")).not.toContain(one.password);
      for (const round of [1, 2]) {
        const octets = Buffer.alloc(300_000, `round ${round} `);
        const stored = await client.open({ verb: "STOR", argument: client.absolute("private") }, 0, signal);
        const into = await stored.stream(signal);
        await new Promise<void>((resolve) => into.end(octets, resolve));
        await stored.finish(5_000, signal);
        expect((await readFile(join(one.root, "private"))).equals(octets)).toBe(true);
        expect(await client.ask(verbs.size(client.absolute("private")), signal)).toBe(octets.length);
      }
      await client.close();
    },
  );

  test("a server without TLS is refused where TLS is required", async () => {
    const plain = server("vsftpd", "none");
    const settings = settingsFor("plain", plain, { tls: await tlsTo(plain) });
    await expect(conversation(settings)).rejects.toThrow(
      /plain: TLS is required, but the server refuses AUTH TLS/,
    );
  });

  test.each(FAMILIES)(
    "%s, if it requires TLS, refuses a login in clear, and the message says which setting to change",
    async (family) => {
      const refused = conversation(settingsFor("strict", server(family, "required")));
      await expect(refused).rejects.toThrow(LoginError);
      await expect(refused).rejects.toMatchObject({ retry: "never" });
      await expect(refused).rejects.toThrow("(the server requires TLS: set tls: required for this host;");
    },
  );

  test.each([
    ["that no authority we trust has signed", "vsftpd", "explicit", { authorities: undefined }, "caFile to "],
    ["for another name", "pyftpdlib", "explicit", {}, "serverName to the name in the certificate"],
  ] as const)("a certificate %s is refused with what would accept it", async (_, family, tls, more, key) => {
    const index = family === "pyftpdlib" ? OPTIONS.findIndex((one) => one.certificate === "wrong-name") : -1;
    const one = index === -1 ? server(family, tls) : (started.servers[index] as RunningServer);
    const { authorities: _left, ...rest } = { ...(await tlsTo(one)), ...more };
    const policy = "authorities" in more ? rest : await tlsTo(one);
    const refused = conversation(settingsFor("wrong", one, { tls: policy }));
    await expect(refused).rejects.toThrow(ProtectionError);
    await expect(refused).rejects.toThrow(
      new RegExp(
        `^wrong: certificate not trusted \\([^)]+\\)\\. To accept it, set tls\\.fingerprint: ([0-9A-F]{2}:){31}[0-9A-F]{2} for this host, or set tls\\.${key}`,
      ),
    );
  });

  test("a pinned fingerprint is trusted whatever its chain says, and no other is", async () => {
    const one = started.servers[
      OPTIONS.findIndex(({ certificate }) => certificate === "wrong-name")
    ] as RunningServer;
    const pem = await readFile(join(one.caFile ?? "", "../certificate.pem"), "utf8");
    const fingerprint = new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
    const pinned = { policy: "required", start: "explicit", verify: true, fingerprint } as const;
    const { client } = await conversation(settingsFor("pinned", one, { tls: pinned }));
    await client.close();
    const other = { ...pinned, fingerprint: "0".repeat(64) };
    await expect(conversation(settingsFor("other", one, { tls: other }))).rejects.toThrow(
      /other: certificate not trusted \(its fingerprint is ([0-9A-F]{2}:){31}[0-9A-F]{2}, which differs from tls\.fingerprint\)/,
    );
  });

  test.each(["vsftpd", "proftpd"] as const)(
    "two servers of which %s requires TLS meet through us, both sides private",
    async (family) => {
      const [source, target] = [server(family, "reuse"), server("pure-ftpd", "required")];
      await writeFile(join(source.root, "both"), "private both ways");
      const [from, to] = [await tlsTo(source), await tlsTo(target)];
      const tls = { ...from, authorities: `${from.authorities}${to.authorities}` };
      const moved = await moveOne({ source, target, from: "both", to: "both", settings: { tls } });
      expect(moved).toMatchObject({ by: "relay", protected: true });
      expect(moved.because).toMatch(/TLS is required for source/);
      expect(await readFile(join(target.root, "both"), "utf8")).toBe("private both ways");
    },
  );
});
