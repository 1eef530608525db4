import fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { copy } from "../../../src/copy/copy.ts";
import { parsePattern } from "../../../src/copy/glob.ts";
import type { Place } from "../../../src/batch/pool.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../../support/edges.ts";
import { POLICY } from "../../support/pair.ts";
import { type Manner, type ScriptedServer, scriptedServer } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

/** What a server does with one of the commands that come after login and listing. */
interface Fault {
  readonly nth: number;
  readonly how: "lost" | "later" | "refused" | "delayed" | "cut";
}

const FILES = 8;
const faults: fc.Arbitrary<readonly Fault[]> = fc.array(
  fc.record({
    nth: fc.integer({ min: 1, max: 70 }),
    how: fc.constantFrom("lost", "later", "refused", "delayed", "cut"),
  }),
  { maxLength: 2 },
);

/** The commands that move files and say what became of them. */
const COUNTED = /^(PASV|PORT|RETR|STOR|SIZE|MDTM|MLST|RNFR|RNTO|NOOP|DELE)\b/;

/** A server that is taken for one that takes everything ahead, and does wrong what it is told to. */
function mannerOf(all: readonly Fault[], isSource: boolean): Manner {
  let [count, isListed] = [0, !isSource];
  return {
    isInTurn: true,
    fate: async (line, session) => {
      isListed ||= line === "MLSD";
      if (!isListed || !COUNTED.test(line)) return "answered";
      count += 1;
      const fault = all.find(({ nth }) => nth === count)?.how;
      if (fault === "lost" || fault === "later") return fault;
      if (fault === "delayed") await sleep(30);
      if (fault === "cut") session.close();
      if (fault === "refused") session.reply("500 what?");
      return fault === "refused" || fault === "cut" ? "lost" : "answered";
    },
  };
}

function placeOf(name: string, server: ScriptedServer): Place {
  const timeouts = { connectMs: 2_000, replyMs: 400, stallMs: 600, idleMs: 60_000 };
  const clock = { now: () => Date.now(), sleep: async () => void (await sleep(1)) };
  const connect = () => new FtpSide(settingsFor(name, server, { timeouts }), { clock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit: 4 };
}

async function copied(there: readonly Fault[], here: readonly Fault[], parallel: number) {
  const script = { greeting: "220 vsFTPd, they say" };
  await using from = await scriptedServer(script, mannerOf(there, true));
  await using to = await scriptedServer(script, mannerOf(here, false));
  for (let index = 0; index < FILES; index += 1)
    from.files.set(`/file ${index}`, Buffer.from(`this is number ${index}`.repeat(1 + index)));
  const clock = { now: () => Date.now(), sleep: async () => void (await sleep(1)) };
  const request = {
    sources: [{ place: placeOf("source", from), pattern: parsePattern("/*"), shown: "source:/*" }],
    target: { place: placeOf("target", to), path: "/", shown: "target:/" },
    isWanted: () => true,
    onExists: "overwrite",
    parallel,
    transfer: { ...POLICY, fxp: "only" },
    retries: 8,
    dryRun: false,
  } as const;
  const summary = await copy(request, copyDeps({ clock }).deps, new AbortController().signal);
  const stored = [...to.files].filter(([path]) => !path.startsWith("/.fxpd-"));
  return { summary, stored, files: from.files };
}

describe("servers that lose, refuse, delay or reorder what is written ahead", () => {
  test("get every file right, or it is said to have failed", async () => {
    await fc.assert(
      fc.asyncProperty(faults, faults, fc.constantFrom(1, 2), async (there, here, parallel) => {
        const { summary, stored, files } = await copied(there, here, parallel);
        for (const [path, octets] of stored) expect([path, octets]).toEqual([path, files.get(path)]);
        expect(summary.files.copied + summary.files.failed).toBe(FILES);
        expect(stored.length).toBeGreaterThanOrEqual(summary.files.copied);
        // Who refuses is believed, and a reply that came for another command may say no; all else is tried again.
        if ([...there, ...here].some(({ how }) => how === "refused" || how === "later")) return;
        expect(summary).toMatchObject({ outcome: "succeeded" });
      }),
      {
        numRuns: 25,
        examples: [
          [[], [{ nth: 46, how: "lost" }], 1],
          // The reply to SIZE: its file's time is taken for it, and the host-port behind that for the time.
          [[{ nth: 3, how: "lost" }], [], 1],
        ],
      },
    );
  }, 120_000);
});
