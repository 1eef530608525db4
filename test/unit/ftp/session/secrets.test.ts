import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Client } from "../../../../src/ftp/session/client.ts";
import { digestOf } from "../../../../src/ftp/session/digest.ts";
import { listDirectory } from "../../../../src/ftp/session/directory.ts";
import { fetchFacts } from "../../../../src/ftp/session/names/facts.ts";
import { ConnectionError } from "../../../../src/ftp/errors.ts";
import { setModified } from "../../../../src/ftp/session/names/set-modified.ts";
import * as verbs from "../../../../src/ftp/session/verbs.ts";
import { type Script, scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";

const signal = new AbortController().signal;
const PASSWORD = 's3cret "pass"';
const NEVER = /s3cret/;

/** Logs in to a server that says the password whenever it can, and does something with it. */
async function told(script: Script, act: (client: Client) => Promise<unknown>): Promise<unknown> {
  await using server = await scriptedServer(script);
  const host = settingsFor("alpha", { address: server.address, port: server.port, password: PASSWORD });
  let client: Client | undefined;
  try {
    client = await Client.connect(host, undefined, signal);
    return await act(client);
  } catch (error) {
    return error;
  } finally {
    client?.destroy(new ConnectionError("test over"));
  }
}

const ECHO = `you said ${PASSWORD}`;
const asking = (verb: verbs.Verb<unknown>) => (client: Client) => client.ask(verb, signal);
const WITH_DIGESTS = ["211-Features", " HASH SHA-256*", " XCRC", " MDTM", "211 End"];

async function listed(client: Client): Promise<void> {
  for await (const _ of listDirectory(client, "/", 0, signal));
}

test.each<[string, Script, (client: Client) => Promise<unknown>]>([
  ["PASV", { PASV: `227 ${ECHO}` }, asking(verbs.passive())],
  ["PASV out of range", { PASV: `227 ${ECHO} 1,2,3,4,5,999` }, asking(verbs.passive())],
  ["EPSV", { EPSV: `229 ${ECHO}` }, asking(verbs.extendedPassive())],
  ["CPSV", { CPSV: `227 ${ECHO}` }, asking(verbs.passiveTlsClient())],
  ["SIZE", { SIZE: `213 ${ECHO}` }, asking(verbs.size("/a"))],
  ["MDTM", { MDTM: `213 ${ECHO}` }, asking(verbs.modified("/a"))],
  [
    "SIZE, as facts",
    { MLST: "500 no", SIZE: `450 ${ECHO}`, MLSD: "450 no", LIST: "450 no" },
    (client) => fetchFacts(client, "/a", Date.now(), signal),
  ],
  ["XCRC", { XCRC: `250 ${ECHO}` }, asking(verbs.digest("XCRC", "/a"))],
  ["HASH", { HASH: `213 ${ECHO}` }, asking(verbs.digest("HASH", "/a"))],
  ["RNFR refused", { RNFR: `550 ${ECHO}` }, asking(verbs.renameFrom("/a"))],
  ["REST refused", { REST: `450 ${ECHO}` }, asking(verbs.restartAt(5))],
  [
    "STAT with a listing",
    { PASV: "500 no", EPSV: "500 no", PORT: "500 no", EPRT: "500 no", STAT: ["211-", ` ${ECHO}`, "211 End"] },
    listed,
  ],
  [
    "STAT without one",
    { PASV: "500 no", EPSV: "500 no", PORT: "500 no", EPRT: "500 no", STAT: `211 ${ECHO}` },
    listed,
  ],
  ["NOOP refused", { NOOP: `500 ${ECHO}` }, asking(verbs.noOperation())],
  ["what is no reply", { NOOP: ECHO }, asking(verbs.noOperation())],
  [
    "what nobody asked for",
    { NOOP: ["200 yes", `250 ${ECHO}`] },
    async (client) => {
      await client.ask(verbs.noOperation(), signal);
      return client.ask(verbs.noOperation(), signal);
    },
  ],
])("a password that is said in reply to %s is in no error", async (_, script, act) => {
  const error = await told(script, act);
  expect(error).toBeInstanceOf(Error);
  expect(inspect(error, { depth: 9 })).not.toMatch(NEVER);
  expect((error as Error).message).toContain("***");
});

test("a digest of another algorithm is not quoted: it may be the password", async () => {
  const script = { FEAT: WITH_DIGESTS, OPTS: "200 SHA-256", HASH: "213 SHA-256 0-5 abcdef /a" };
  const error = await told(script, (client) => digestOf(client, "/a", "SHA-256", { sizeBytes: 5 }, signal));
  expect(error).toMatchObject({ message: "alpha: the reply to HASH contains no SHA-256 digest" });
});

test("a modification time that could not be set is reported without the secret", async () => {
  const script = { MDTM: "550 no", SITE: `250 ${ECHO}` };
  const because = await told(script, (client) => setModified(client, "/a", 0, signal));
  expect(because).toMatch(/got the reply 250 you said \*\*\*, but the time was not set/);
});

test("what is read stays as it was said", async () => {
  const PWD = '257 "/home/s3cret ""pass"""';
  expect(await told({ PWD }, async (client) => client.session.home)).toBe('/home/s3cret "pass"');
});
