import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server, TLSSocket } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Client } from "../../src/ftp/session/client.ts";
import { listDirectory } from "../../src/ftp/session/directory.ts";
import { CutListingError, ListingError } from "../../src/ftp/listing/errors.ts";
import { makeCertificate } from "../servers/certificates.ts";
import { type ScriptedServer, type Session, scriptedServer } from "../support/scripted-server.ts";
import { settingsFor } from "../support/settings.ts";

const signal = new AbortController().signal;

let directory: string;
let scripted: ScriptedServer;
let front: Server;
let client: Client;
/** Whether the server ends its data connections as TLS wants it. */
let closes: boolean;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fxpd-notify-"));
  const files = await makeCertificate(directory, "127.0.0.1", "good");
  const pair = { key: await readFile(files.key), cert: await readFile(files.certificate) };
  const list = async (session: Session) => {
    session.reply("150 here it comes");
    const tcp = await session.data();
    const secured = new TLSSocket(tcp, { isServer: true, ...pair });
    await new Promise<void>((resolve) => secured.write("type=file;size=1; a\r\n", () => resolve()));
    if (closes) secured.end();
    else tcp.end();
    session.reply("226 done");
  };
  scripted = await scriptedServer({ PBSZ: "200 well", PROT: "200 well", MLSD: list });
  const { address, port: behind } = scripted;
  // Implicit TLS before a server that has none on its control connection.
  front = createServer(pair, (secured) => {
    const clear = connect(behind, address);
    clear.on("error", () => secured.destroy());
    secured.on("error", () => clear.destroy());
    secured.pipe(clear).pipe(secured);
  });
  const port = await new Promise<number>((resolve) =>
    front.listen(0, "127.0.0.1", () => resolve((front.address() as { port: number }).port)),
  );
  const tls = {
    ...({ policy: "required", start: "implicit", verify: true } as const),
    authorities: await readFile(files.authority, "utf8"),
  };
  const reachable = { address: "127.0.0.1", port };
  const settings = settingsFor("alpha", reachable, { tls, dataAddresses: [address], dataOpening: "passive" });
  client = await Client.connect(settings, undefined, signal);
});
afterEach(async () => {
  await client.close();
  front.close();
  await scripted[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** @returns the names, and whether the end showed that these are all; or the error */
async function listed(): Promise<readonly [string[], boolean | undefined] | unknown> {
  const names: string[] = [];
  let isWhole: boolean | undefined;
  try {
    const ended = (whole: boolean) => void (isWhole = whole);
    for await (const { name } of listDirectory(client, "/", 0, signal, true, ended)) names.push(name);
    return [names, isWhole];
  } catch (error) {
    return error;
  }
}

test("a server that ends its TLS listings with close_notify is known to, and one that lacks it was cut", async () => {
  closes = true;
  expect(await listed()).toEqual([["a"], true]);
  closes = false;
  for (let time = 0; time < 5; time += 1) {
    const error = await listed();
    expect(error).toBeInstanceOf(CutListingError);
    expect(error).toMatchObject({ retry: "new-connection" });
  }
  closes = true;
  expect(await listed()).toEqual([["a"], true]);
});

test("a server that never sends one is listed again, then taken as it is, and never known to be whole", async () => {
  closes = false;
  expect(await listed()).toBeInstanceOf(CutListingError);
  expect(await listed()).toBeInstanceOf(CutListingError);
  expect(await listed()).toEqual([["a"], false]);
  expect(await listed()).toEqual([["a"], false]);
  // After all it does: so it was somebody else who had cut the others.
  closes = true;
  const error = await listed();
  expect(error).toBeInstanceOf(ListingError);
  expect(String(error)).toMatch(/earlier listings were cut short on the way/);
});
