import { expect, test } from "vitest";
import { copy } from "../../../src/copy/copy.ts";
import { parsePattern } from "../../../src/copy/glob.ts";
import type { Place } from "../../../src/batch/pool.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { dirSize } from "../../servers/zoo/kinds/dir-size.ts";
import { zooServer, type ZooServer } from "../../servers/zoo/server.ts";
import { copyDeps } from "../../support/edges.ts";
import { POLICY } from "../../support/pair.ts";
import { settingsFor } from "../../support/settings.ts";

function placeOf(name: string, server: ZooServer): Place {
  const connect = () => new FtpSide(settingsFor(name, server), { clock: systemClock });
  return { key: name, name, at: (path) => `${name}:${path}`, connect, limit: 2 };
}

test.each(["/up/dir", "/up/dir/"])(
  "promise 2, a directory at the target of which SIZE tells a number is never renamed or replaced (%s)",
  async (path) => {
    await using source = await zooServer(dirSize);
    await using target = await zooServer(dirSize);
    source.tree.makeDirectory("/tree");
    source.tree.write("/tree/dir", Buffer.from("a file of this name"));
    for (const directory of ["/up", "/up/dir"]) target.tree.makeDirectory(directory);
    target.tree.write("/up/dir/theirs", Buffer.from("theirs"));
    const { deps } = copyDeps();
    const run = () =>
      copy(
        {
          sources: [
            {
              place: placeOf("source", source),
              pattern: parsePattern("/tree/dir"),
              shown: "source:/tree/dir",
            },
          ],
          target: { place: placeOf("target", target), path, shown: `target:${path}` },
          isWanted: () => true,
          onExists: "overwrite",
          parallel: 1,
          transfer: { ...POLICY, fxp: "never" },
          retries: 0,
          dryRun: false,
        },
        deps,
        AbortSignal.timeout(20_000),
      );
    // The second time as well, when the first one has left something there.
    for (let times = 0; times < 2; times += 1) {
      expect((await run()).outcome).toBe("succeeded");
      expect(target.tree.read("/up/dir/dir")?.toString()).toBe("a file of this name");
      expect(target.tree.read("/up/dir/theirs")?.toString()).toBe("theirs");
    }
    expect(target.commands.filter((line) => line === "RNFR /up/dir")).toEqual([]);
  },
);
