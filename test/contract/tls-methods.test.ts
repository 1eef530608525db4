import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/shared/clock.ts";
import { shortMemory } from "../../src/transfer/memory.ts";
import { Route } from "../../src/transfer/move/third-party/route.ts";
import { makeCertificate } from "../servers/certificates.ts";
import { CLOSES, type DataWays, HANGS, type ZooKind } from "../servers/zoo/kind.ts";
import { unixStyle } from "../servers/zoo/listing.ts";
import { type Identity, zooServer } from "../servers/zoo/server.ts";
import { moveOne } from "../support/pair.ts";

// Promise 1 and 5: a server that was told to begin TLS on a data connection, and does not, or ends, costs that method and
// no more: the next one is tried, then the relay, and what came to nothing is not tried again for each file.

const directory = await mkdtemp(join(tmpdir(), "fxpd-tls-methods-"));
let identity: Identity;
beforeAll(async () => {
  const { certificate, key } = await makeCertificate(directory, "127.0.0.1", "good");
  identity = { cert: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
});
afterAll(() => rm(directory, { recursive: true }));

const CONTENT = Buffer.alloc(20_000, "over TLS, from server to server; ");

function kindOf(features: readonly string[], tlsClient: DataWays["tlsClient"]): ZooKind {
  return {
    name: "TLS client",
    greeting: ["220 ready"],
    features: ["SIZE", "MDTM", "REST STREAM", "AUTH TLS", "PBSZ", "PROT", ...features],
    list: unixStyle(),
    data: { tls: "after-1yz", ...(tlsClient === undefined ? {} : { tlsClient }) },
  };
}

async function moved(source: ZooKind, target: ZooKind, files = ["a"]) {
  await using one = await zooServer(source, identity);
  await using two = await zooServer(target, identity);
  const route = await Route.recall("", shortMemory(), systemClock);
  const outcomes: { readonly by: string | null; readonly protected: boolean | null }[] = [];
  for (const name of files) {
    one.tree.plant(`/${name}`, CONTENT, Date.UTC(2026, 1, 1));
    const outcome = await moveOne({
      ...{ source: one, target: two, from: `/${name}`, to: `/${name}`, route },
      settings: {
        tls: { policy: "required", start: "explicit", verify: false },
        timeouts: { connectMs: 3_000, replyMs: 3_000, stallMs: 1_500, idleMs: 60_000 },
      },
      signal: AbortSignal.timeout(60_000),
    });
    outcomes.push({ by: outcome.by, protected: outcome.protected ?? null });
    expect(two.tree.files().get(`/${name}`)).toEqual(CONTENT);
  }
  const asked = (server: typeof one) => server.commands.filter((line) => /^(SSCN ON|CPSV)/.test(line)).length;
  return { outcomes, asked: asked(one) + asked(two) };
}

describe.each([
  { features: ["SSCN"], methods: 4 },
  { features: ["CPSV"], methods: 1 },
])("$features", ({ features, methods }) => {
  test("a server that begins TLS takes the file from the other one", async () => {
    const { outcomes } = await moved(kindOf([], undefined), kindOf(features, "works"));
    expect(outcomes).toEqual([{ by: "third-party", protected: true }]);
  });

  test.each([
    ["closes the control connection", CLOSES],
    ["says nothing more", HANGS],
    ["waits for the other side, and refuses then", "waits"],
  ] as const)("one that %s is left for the relay, once for several files", async (_, conduct) => {
    const plain = kindOf([], undefined);
    const odd = kindOf(features, conduct);
    const both = await Promise.all([moved(odd, plain, ["a", "b"]), moved(plain, odd, ["a", "b"])]);
    for (const { outcomes, asked } of both) {
      expect(outcomes).toEqual([
        { by: "relay", protected: true },
        { by: "relay", protected: true },
      ]);
      // A lost connection makes SSCN be said anew; no method is asked for twice.
      expect(asked).toBeLessThanOrEqual(methods);
    }
  });
});
