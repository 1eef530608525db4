import { describe, expect, test } from "vitest";
import { CONTENT, expectUntouched, servers, times } from "../../support/liars-scene.ts";
import { moveOne } from "../../support/pair.ts";
import type { Script, ScriptedPair } from "../../support/scripted-server.ts";

/** Of a family whose files are there as soon as it says so. */
const AT_ONCE: Script = { greeting: "220 (vsFTPd 3.0.5)" };

const move = (both: ScriptedPair, isText: boolean, fxp: "only" | "never") =>
  moveOne({ ...both, from: "file", to: "file", policy: { fxp, isText }, settings: times });

/** Sends a file, and does something with it before saying so. */
const sendThen = (act: (files: Map<string, Buffer>) => void): Script => {
  let modified = "20261121000000";
  return {
    RETR: async (session, path) => {
      session.reply("150 here it comes");
      await session.send(session.files.get(path) ?? Buffer.alloc(0));
      act(session.files);
      modified = "20261121000100";
      session.reply("226 done");
    },
    MLST: (session, path) => {
      const file = session.files.get(path);
      if (file === undefined) return session.reply("550 no such file");
      session.reply("250-Listing", ` type=file;size=${file.length};modify=${modified}; ${path}`, "250 End");
    },
    MDTM: (session, path) => session.reply(session.files.has(path) ? `213 ${modified}` : "550 no such file"),
  };
};

/** Takes all that comes, and keeps so much of it; undefined: not even a file. */
const storing = (bytes: number | undefined): Script => ({
  ...AT_ONCE,
  STOR: async (session, path) => {
    session.reply("150 go ahead");
    const all = await session.receive();
    if (bytes !== undefined) session.files.set(path, all.subarray(0, bytes));
    session.reply("226 done");
  },
});

describe.each(["only", "never"] as const)("promise 1, success means success, with fxp: %s", (fxp) => {
  test.each<[string, Script, Script, RegExp]>([
    [
      "a target that keeps no file",
      {},
      storing(undefined),
      /: nothing was stored, although the server reported success/,
    ],
    ["a target that keeps an empty one", {}, storing(0), /: no bytes arrived, but the source has 28/],
    [
      "a source that is gone",
      sendThen((files) => files.delete("/file")),
      AT_ONCE,
      /disappeared while it was being copied/,
    ],
    ["a source that was written to", sendThen(() => {}), AT_ONCE, /changed while it was being copied/],
  ])(
    "a text, whose sizes are not compared, is not taken for copied with %s",
    async (_, source, target, because) => {
      await using both = await servers(source, target);
      await expect(move(both, true, fxp)).rejects.toThrow(because);
      expectUntouched(both);
    },
  );

  test("a text may have another length than its source", async () => {
    await using both = await servers({}, storing(CONTENT.length - 1));
    expect(await move(both, true, fxp)).toMatchObject({ bytes: CONTENT.length - 1 });
    expect(both.target.files.get("/file")).toEqual(CONTENT.subarray(0, -1));
  });

  test("a file is not taken for copied with a source that is gone", async () => {
    await using both = await servers(
      sendThen((files) => files.delete("/file")),
      AT_ONCE,
    );
    await expect(move(both, false, fxp)).rejects.toThrow(/disappeared while it was being copied/);
    expectUntouched(both);
  });
});
