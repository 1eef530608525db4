import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { copy } from "../../../src/copy/copy.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { moveThroughUs } from "../../../src/transfer/move/relay.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../../src/transfer/sides/local-side.ts";
import { copyDeps } from "../../support/edges.ts";
import { moveOne } from "../../support/pair.ts";
import { type Script, scriptedServer } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";
import { copyOfOne, signal, timeouts, placeOf } from "../../support/silent-pairs.ts";

/** Sends without end, as fast as it is taken. */
const POURS: Script = {
  RETR: async (session) => {
    session.reply("150 here it comes");
    const data = await session.data();
    const block = Buffer.alloc(65_536);
    const more = () => {
      if (data.writable && session.socket.writable)
        data.write(block, (error) => (error ? undefined : setImmediate(more)));
      else data.destroy();
    };
    more();
  },
};

describe("promise 2, a source that sent more than its size and a block is stopped", () => {
  test.each(["only", "never"] as const)("with fxp: %s, and nothing of it stays", async (fxp) => {
    await using source = await scriptedServer(POURS);
    const stored: number[] = [];
    await using target = await scriptedServer({
      STOR: async (session, path) => {
        session.reply("150 go ahead");
        let bytes = 0;
        for await (const chunk of await session.data()) {
          bytes += (chunk as Buffer).length;
          session.files.set(path, Buffer.alloc(0));
          stored.push(bytes);
        }
        session.reply("226 done");
      },
      SIZE: (session) => session.reply(`213 ${stored.at(-1) ?? 0}`),
      MLST: (session, path) =>
        session.reply("250-Listing", ` type=file;size=${stored.at(-1) ?? 0}; ${path}`, "250 End"),
    });
    source.files.set("/file", Buffer.alloc(5));
    if (fxp === "never") {
      const moving = moveOne({
        source,
        target,
        from: "file",
        to: "file",
        policy: { fxp },
        settings: { timeouts },
      });
      await expect(moving).rejects.toThrow(/sent more than its size: .* instead of 5 B/);
      expect(stored.at(-1)).toBeLessThan(20_000_000);
      expect([...target.files.keys()]).toEqual([]);
    } else {
      const { deps, events } = copyDeps();
      await copy(copyOfOne(placeOf("source", source, 1), placeOf("target", target, 2), fxp), deps, signal);
      const because = events.flatMap((event) => (event.event === "transfer" ? [event.because] : [])).join();
      expect(because).toMatch(/sent more than its size: .* instead of 5 B/);
      expect([...target.files.keys()]).toEqual([]);
    }
  });

  test("also where the target is this machine", async () => {
    await using source = await scriptedServer(POURS);
    const directory = await mkdtemp(join(tmpdir(), "fxpd-waits-"));
    const side = new FtpSide(settingsFor("source", source, { timeouts }), { clock: systemClock });
    const here = new LocalSide();
    try {
      const path = join(directory, "file");
      const ends = { source: { side, path: "file" }, target: { side: here, path } };
      const moving = moveThroughUs(
        ends,
        { from: 0, sizeBytes: 5, isVerified: true, progress: () => {}, onOpen: () => {} },
        signal,
      );
      await expect(moving).rejects.toThrow(/source: file: the source sent more than its size/);
      expect((await stat(path)).size).toBeLessThan(10_000_000);
    } finally {
      await Promise.all([side.close(), here.close()]);
      await rm(directory, { recursive: true });
    }
  });
});
