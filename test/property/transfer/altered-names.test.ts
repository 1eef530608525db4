import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Place } from "../../../src/batch/pool.ts";
import { mirror } from "../../../src/mirror/mirror.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../../src/transfer/sides/local-side.ts";
import { unixStyle } from "../../servers/zoo/listing.ts";
import { zooServer } from "../../servers/zoo/server.ts";
import { copyDeps } from "../../support/edges.ts";
import { mirrorRequest, quickClock } from "../../support/mirror-scene.ts";
import { settingsFor } from "../../support/settings.ts";

/** What servers do to names without a word. */
const ALTERATIONS: Readonly<Record<string, (name: string) => string | undefined>> = {
  "drops what is not ASCII": (name) => name.replaceAll(/[^\x20-\x7e]/g, ""),
  "replaces what is not ASCII": (name) => name.replaceAll(/[^\x20-\x7e]/g, "_"),
  "replaces spaces": (name) => name.replaceAll(" ", "_"),
  "drops quotes": (name) => name.replaceAll(/["']/g, ""),
  "drops dots and blanks at the end": (name) => name.replace(/[. ]+$/, ""),
  "drops blanks at the beginning": (name) => name.replace(/^ +/, ""),
  "refuses what is not ASCII": (name) => (/[^\x20-\x7e]/.test(name) ? undefined : name),
};

const word = fc.constantFrom(
  "plain",
  "a b",
  " lead",
  "end.",
  "end ",
  "na\u00efve",
  'q"uo',
  "it's",
  "表",
  "x+y",
);
const altering = fc.record({
  done: fc.subarray(Object.keys(ALTERATIONS), { minLength: 1, maxLength: 3 }),
  paths: fc.uniqueArray(
    fc
      .tuple(fc.array(word, { maxLength: 2 }), word)
      .map(([above, name]) => [...above, `${name}-f`].join("/")),
    { minLength: 1, maxLength: 6 },
  ),
});

test("a server that alters names gets none of those, neither of files nor of directories; the others are copied", async () => {
  await fc.assert(
    fc.asyncProperty(altering, async ({ done, paths }) => {
      const store = (name: string) =>
        done.reduce<string | undefined>((at, one) => (at === undefined ? at : ALTERATIONS[one]?.(at)), name);
      await using zoo = await zooServer({
        ...{ name: "altering", greeting: ["220 ready"], features: ["SIZE", "MDTM", "UTF8"] },
        ...{ list: unixStyle({}), names: { store } },
      });
      const source = await mkdtemp(join(tmpdir(), "fxpd-altered-"));
      try {
        for (const path of paths) {
          await mkdir(dirname(join(source, path)), { recursive: true });
          await writeFile(join(source, path), path);
        }
        zoo.tree.plant("/up/old-f", Buffer.from("old"), 0);
        const { deps, events } = copyDeps({ clock: quickClock });
        const at = (name: string, connect: Place["connect"]): Place => ({
          ...{ key: name, name, at: (path: string) => `${name}:${path}`, connect, limit: 1 },
        });
        const edge = at("edge", () => new FtpSide(settingsFor("edge", zoo), { clock: systemClock }));
        const local = at("local", () => new LocalSide());
        const request = {
          ...mirrorRequest(local, edge, { parallel: 1, retries: 0 }),
          source: { place: local, path: source, shown: "local" },
          target: { place: edge, path: "/up", shown: "edge" },
        };
        const written = { recall: async () => new Map(), note: () => {} };
        const summary = await mirror(request, { ...deps, written }, AbortSignal.timeout(30_000));
        const kept = paths.filter((path) => path.split("/").every((name) => store(name) === name));
        const found = [...zoo.tree.files("/up")].map(([path]) => path.slice("/up/".length));
        expect(found.filter((path) => path !== "old-f").sort()).toEqual([...kept].sort());
        const names = new Set(paths.flatMap((path) => path.split("/")));
        const made = zoo.tree.directories("/up").map((path) => path.slice(path.lastIndexOf("/") + 1));
        expect(made.filter((name) => !names.has(name))).toEqual([]);
        if (kept.length < paths.length) {
          expect(summary.outcome).not.toBe("succeeded");
          expect(JSON.stringify(events)).toMatch(/silently rename|553|550/);
        }
      } finally {
        await rm(source, { recursive: true });
      }
    }),
    { numRuns: 12 },
  );
}, 60_000);
