import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copy } from "../../src/copy/copy.ts";
import { parsePattern } from "../../src/copy/glob.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { decodeText, encodeText } from "../../src/shared/octets.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { FAMILIES, type RunningServer, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { POLICY } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";

/** Names that break clients: what looks like an option, a pattern, a link, or is no UTF-8. */
const NAMES = [
  " leading space",
  "trailing space ",
  "-rf",
  ".hidden",
  "a -> b",
  "st*r [x] {a,b} ?",
  'quo"te',
  "back\\slash",
  "per%20cent",
  "~tilde",
  "na\u00efve \u540d\u524d \ud83d\ude00",
  "total 12",
  "x".repeat(200),
  decodeText(Buffer.from("latin-\xe9", "latin1")),
  decodeText(Buffer.from([0x69, 0xff, 0x69, 0xff, 0xff])),
];

/** What a server is known not to be able to hold under its own name. */
const CANNOT_HOLD: Readonly<Record<string, RegExp>> = {
  "pure-ftpd": /\\| $/,
  pyftpdlib: /[\udc80-\udcff](?<![\ud800-\udbff].)/,
};

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers([...FAMILIES, ...FAMILIES].map((family) => ({ family })));
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

async function namesIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory, { encoding: "buffer" }))
    .map((name) => decodeText(name as unknown as Buffer))
    .sort();
}

function place(server: RunningServer, name: string) {
  const connect = () => new FtpSide(settingsFor(name, server), { clock: systemClock });
  return { key: name, name, at: (path: string) => `${name}:${path}`, connect, limit: 4 };
}

const pairs = FAMILIES.flatMap((source, one) =>
  FAMILIES.map((target, two) => ({ source, target, one, two: two + 4 })),
);

describe("names survive", () => {
  test.each(pairs)(
    "$source → $target, octet for octet, or are refused by name",
    async ({ source: from, target: to, one, two }) => {
      const [source, target] = [started.servers[one], started.servers[two]];
      if (source === undefined || target === undefined) throw new Error("no servers");
      const held = NAMES.filter((name) => CANNOT_HOLD[from]?.test(name) !== true);
      await mkdir(join(source.root, "names/below"), { recursive: true });
      for (const name of held)
        await writeFile(Buffer.concat([Buffer.from(`${source.root}/names/`), encodeText(name)]), name);
      await writeFile(join(source.root, "names/below/deeper"), "deeper");
      const request = {
        sources: [
          { place: place(source, "source"), pattern: parsePattern("names/**"), shown: "source:names/**" },
        ],
        target: { place: place(target, "target"), path: `from ${from}/`, shown: "target" },
        isWanted: () => true,
        onExists: "fail" as const,
        // Two pyftpdlib cannot both be passive, and several active connections at once are more than it can do.
        parallel: from === "pyftpdlib" && to === "pyftpdlib" ? 1 : 4,
        transfer: { ...POLICY, fxp: "only" as const },
        retries: 0,
        dryRun: false,
      };
      const { deps, events } = copyDeps();
      await copy(request, deps, new AbortController().signal);
      const failed = events.filter((event) => event.event === "transfer" && event.outcome === "failed");
      const expected = held.filter((name) => CANNOT_HOLD[to]?.test(name) !== true);
      expect(await namesIn(join(target.root, `from ${from}`))).toEqual([...expected, "below"].sort());
      expect(failed).toHaveLength(held.length - expected.length);
      expect(await readFile(join(target.root, `from ${from}/below/deeper`), "utf8")).toBe("deeper");
    },
  );
});
