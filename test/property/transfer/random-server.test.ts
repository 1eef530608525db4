import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { CopyEvent } from "../../../src/batch/events.ts";
import { noJournal } from "../../../src/batch/journal.ts";
import { MirrorOptions } from "../../../src/config/schema/mirror-options.ts";
import { mirror } from "../../../src/mirror/mirror.ts";
import { type Clock, systemClock } from "../../../src/shared/clock.ts";
import { messageOf } from "../../../src/shared/errors.ts";
import { memoryLedger } from "../../../src/transfer/ledger.ts";
import { shortMemory } from "../../../src/transfer/memory.ts";
import { mirrorRequestOf } from "../../../src/wiring/requests.ts";
import { makeCertificate } from "../../servers/certificates.ts";
import { type Identity, type ZooServer, zooServer } from "../../servers/zoo/server.ts";
import { type Drawn, drawn, hasTls, kindOf, said } from "../../support/random-kind.ts";
import { filesBelow } from "../../support/zoo/scene.ts";

/** Pairs of servers that are drawn, in rounds in which they are all at work at once. */
const ROUNDS = Number(process.env["FXPD_RANDOM_ROUNDS"] ?? 2);
const AT_ONCE = 12;
const TIMEOUT = "300ms";
/** Far more than an operation takes with all its time-outs. */
const LIMIT_MS = 60_000;

/** Pauses between tries say nothing about answers. */
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) };

let identity: Identity;
beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), "fxpd-random-ca-"));
  const { certificate, key } = await makeCertificate(directory, "127.0.0.1", "good");
  identity = { cert: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
  await rm(directory, { recursive: true });
});

type Files = ReadonlyMap<string, Buffer>;

const FILES: Files = new Map([
  ["one.txt", Buffer.from("one\n")],
  ["two.bin", Buffer.alloc(70_000, "two; ")],
  ["sub/three.txt", Buffer.from("three\n")],
]);
/** What stood at the target before: under a name of the source, and under one that the source has not. */
const OLD = Buffer.from("what stood there before, and is longer\n");
const PLANTED_MS = Date.UTC(2026, 9, 5, 4, 30);

const isTemporary = (path: string) => /(^|\/)\.fxpd-/.test(path);

function below(zoo: ZooServer, directory: string): Files {
  return new Map(
    [...zoo.tree.files(directory)].map(([path, content]) => [path.slice(directory.length + 1), content]),
  );
}

/** What is wrong with what stands at a target now; what stood there before may have stayed. */
function faultsOf(found: Files, outcome: string, isInPlace: boolean): readonly string[] {
  const faults: string[] = [];
  for (const [path, content] of found) {
    if (isTemporary(path)) continue;
    const whole = FILES.get(path);
    const wasThere = OLD.equals(content) && (path === "one.txt" || path === "extra.txt");
    if (wasThere && (path === "extra.txt" || outcome !== "succeeded")) continue;
    if (whole === undefined) faults.push(`misplaced: ${path}`);
    else if (!whole.equals(content) && (!isInPlace || outcome === "succeeded"))
      faults.push(`false: ${path} has ${content.length} bytes`);
  }
  const isAside = [...found].some(([path, content]) => isTemporary(path) && OLD.equals(content));
  if (!found.has("one.txt") && !isAside) faults.push("lost: one.txt, which stood there before");
  if (outcome !== "succeeded") return faults;
  const missing = [...FILES.keys()].filter((path) => !found.has(path));
  return [...faults, ...missing.map((path) => `said to be copied, and not there: ${path}`)];
}

/** Mirrors a tree that is as it is planted; what was wrong about that. */
async function faultsBetween([one, two]: readonly [Drawn, Drawn]): Promise<readonly string[]> {
  await using source = await zooServer(kindOf(one), identity);
  await using target = await zooServer(kindOf(two), identity);
  const local = await mkdtemp(join(tmpdir(), "fxpd-random-"));
  const config = join(local, "config");
  const put = async (path: string, content: string | Buffer) => {
    await mkdir(dirname(join(local, path)), { recursive: true });
    await writeFile(join(local, path), content, { mode: 0o600 });
  };
  try {
    await put("config/password", `${source.password}\n`);
    for (const [name, { address, port, password }] of Object.entries({ source, target })) {
      const { inPlace } = name === "source" ? one : two;
      const tls = hasTls(name === "source" ? one : two) ? "{policy: required, verify: false}" : "off";
      await put(`config/${name}.password`, password);
      const reached = `address: ${address}\nport: ${port}\nuser: tester\npasswordFrom: {file: ../${name}.password}\n`;
      const times = `timeouts: {connect: ${TIMEOUT}, reply: ${TIMEOUT}, stall: ${TIMEOUT}}\n`;
      await put(`config/hosts/${name}.yaml`, `${reached}tls: ${tls}\ninPlace: ${inPlace}\n${times}`);
    }
    for (const [path, content] of FILES) {
      source.tree.plant(`/tree/${path}`, content, PLANTED_MS);
      await put(`source/${path}`, content);
    }
    source.tree.plant("/other.txt", OLD, PLANTED_MS);
    for (const name of ["one.txt", "extra.txt"]) {
      for (const directory of ["up", "across"]) target.tree.plant(`/${directory}/${name}`, OLD, PLANTED_MS);
      await put(`down/${name}`, OLD);
    }
    if (one.cutAfter !== undefined) source.cutAfter(one.cutAfter);
    if (two.cutAfter !== undefined) target.cutAfter(two.cutAfter);
    const memory = shortMemory();
    const run = async (name: string, from: string, to: string, found: () => Promise<Files>) => {
      const limit = AbortSignal.timeout(LIMIT_MS);
      const options = MirrorOptions.parse({ delete: true, maxDelete: "100%", retries: 1, parallel: 2 });
      const directories = { config, jobs: join(config, "jobs") };
      const order = { source: from, target: to, options, dryRun: false, directories };
      const events: CopyEvent[] = [];
      const outcome = await mirrorRequestOf(order, { transcript: undefined })
        .then((request) =>
          mirror(
            request,
            {
              ...{ clock, chance: () => 0, memory, ledger: memoryLedger("random"), journal: noJournal },
              ...{ emit: (event) => void events.push(event) },
              written: { recall: async () => new Map(), note: () => {} },
            },
            limit,
          ),
        )
        .then(
          (summary) => summary.outcome,
          (error: unknown) => (/\w+ .*\w/.test(messageOf(error)) ? "failed" : "failed without a sentence"),
        );
      const isInPlace = to.startsWith("target:") && two.inPlace === "when-needed";
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      const faults = [...faultsOf(await found(), outcome, isInPlace)];
      if (limit.aborted) faults.push(`over ${LIMIT_MS} ms`);
      if (outcome === "failed without a sentence") faults.push(outcome);
      return faults.map((fault) => `${name} (${outcome}): ${fault}`);
    };
    const faults = [
      await run("to this machine", "source:tree", join(local, "down"), () =>
        Promise.resolve(filesBelow(join(local, "down"))),
      ),
      await run("to the server", join(local, "source"), "target:up", async () => below(target, "/up")),
      await run("server to server", "source:tree", "target:across", async () => below(target, "/across")),
      // What the first one has learned, and left, is there.
      await run("again", "source:tree", "target:across", async () => below(target, "/across")),
    ].flat();
    const left = new Map([...below(source, "/tree")].map(([path, content]) => [path, content.toString()]));
    const planted = new Map([...FILES].map(([path, content]) => [path, content.toString()]));
    if (JSON.stringify([...left].sort()) !== JSON.stringify([...planted].sort()))
      faults.push("the source was changed");
    return faults;
  } finally {
    await rm(local, { recursive: true, force: true });
  }
}

test("whatever a server answers, the outcome is right or refused, nothing is lost, and it comes in time", async () => {
  const pairs = fc.array(fc.tuple(drawn, drawn), { minLength: AT_ONCE, maxLength: AT_ONCE });
  const property = fc.asyncProperty(pairs, async (all) => {
    const told = await Promise.all(
      all.map(async (pair) => {
        const faults = await faultsBetween(pair);
        return faults.map((fault) => `${fault}\n${pair.map(said).join("\n")}`);
      }),
    );
    expect(told.flat()).toEqual([]);
  });
  outcomes.clear();
  await fc.assert(property, { numRuns: ROUNDS, endOnFailure: true });
  // Else it would say little.
  const { succeeded = 0, ...others } = Object.fromEntries(outcomes);
  expect(succeeded).toBeGreaterThan(2);
  expect(Object.values(others).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
}, 600_000);

/** How often a mirror ended so. */
const outcomes = new Map<string, number>();
