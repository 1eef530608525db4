import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../../src/ftp/session/client.ts";
import * as verbs from "../../src/ftp/session/verbs.ts";
import { ProtectionError } from "../../src/ftp/errors.ts";
import { makeCertificate } from "../servers/certificates.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;

let directory: string;
let authorities: string;
let scripted: ScriptedServer;
let front: Server;
let port: number;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-prot-"));
  const files = await makeCertificate(directory, "127.0.0.1", "good");
  authorities = await readFile(files.authority, "utf8");
  scripted = await scriptedServer({
    ...{ PBSZ: "200 PBSZ=0", PROT: "534 data connections are in clear here" },
    DELE: "550 SSL/TLS required on the data channel",
  });
  const { address, port: behind } = scripted;
  // Implicit TLS before a server that has none.
  front = createServer(
    { key: await readFile(files.key), cert: await readFile(files.certificate) },
    (secured) => {
      const clear = connect(behind, address);
      clear.on("error", () => secured.destroy());
      secured.on("error", () => clear.destroy());
      secured.pipe(clear).pipe(secured);
    },
  );
  port = await new Promise((resolve) =>
    front.listen(0, "127.0.0.1", () => resolve((front.address() as { port: number }).port)),
  );
});
afterAll(async () => {
  front.close();
  await scripted[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const to = (policy: "required" | "prefer") => {
  const tls = { policy, start: "implicit", verify: true, authorities } as const;
  return Client.connect(settingsFor("alpha", { address: "127.0.0.1", port }, { tls }), undefined, signal);
};

test("promise 5, a server that refuses PROT P is refused where TLS is required, before any data", async () => {
  const refused = to("required");
  await expect(refused).rejects.toThrow(ProtectionError);
  await expect(refused).rejects.toThrow(
    /534 .*TLS is required for data connections too; to allow files to be sent in clear, set tls: prefer/,
  );
  expect(scripted.commands.filter((line) => /^(PASV|EPSV|PORT|EPRT|MLSD|LIST|RETR|STOR)/.test(line))).toEqual(
    [],
  );
});

test("and where TLS is only preferred its data goes in clear, and that is known", async () => {
  const client = await to("prefer");
  expect(client.isProtected).toBe(false);
  await client.close();
});

test("on a connection with TLS, nobody is told to set TLS", async () => {
  const client = await to("prefer");
  const refused = client.ask(verbs.remove("/a"), signal);
  await expect(refused).rejects.toThrow(/DELE \/a: 550 SSL\/TLS required on the data channel$/);
  await client.close();
});
