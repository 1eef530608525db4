import { expect, test } from "vitest";
import type { Place } from "../../../src/batch/pool.ts";
import { restore } from "../../../src/mirror/restore.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { copyDeps } from "../../support/edges.ts";
import { settingsFor } from "../../support/settings.ts";
import { treeServer } from "../../support/tree-server.ts";

const signal = new AbortController().signal;
const RUN = "2026-01-01T00-00-00";

test.each([
  ["is cut short", { kind: "cut", at: "/", keep: 1 }],
  ["cannot be read", { kind: "refusal", verbs: ["MLSD"], at: "/", reply: "550 No files found" }],
] as const)(
  "a file that a listing which %s does not show goes into the trash, and is not lost",
  async (_, fault) => {
    await using server = await treeServer();
    for (const path of ["/.trash", `/.trash/${RUN}`]) server.tree.makeDirectory(path, 0);
    server.tree.write(`/.trash/${RUN}/a`, Buffer.from("old"), 0);
    server.tree.write("/a", Buffer.from("new"), 0);
    server.fault(fault);
    const place: Place = {
      ...{ key: "target", name: "target", at: (path) => `target:${path}`, limit: 4 },
      connect: () => new FtpSide(settingsFor("target", server), { clock: systemClock }),
    };
    const { deps } = copyDeps({ clock: systemClock });
    const summary = await restore(
      {
        ...{ target: { place, path: "/", shown: "target:/" }, trash: ".trash", paths: [] },
        ...{ parallel: 1, retries: 0, dryRun: false },
      },
      { ...deps, chance: () => 0 },
      signal,
    );
    expect(summary).toMatchObject({ outcome: "succeeded" });
    expect(server.tree.read("/a")?.toString()).toBe("old");
    const [fresh = ""] = (server.tree.list("/.trash") ?? [])
      .map(({ name }) => name)
      .filter((name) => name !== RUN);
    expect(server.tree.read(`/.trash/${fresh}/a`)?.toString()).toBe("new");
  },
);
