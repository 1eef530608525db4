import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { moveOne } from "../../support/pair.ts";
import { type Script, type Session } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";
import { CONTENT, OLD, times, servers, move, expectUntouched } from "../../support/liars-scene.ts";

describe("promise 2, a final name is never a partial file", () => {
  test.each([
    ["no room", "452 Insufficient storage space"],
    ["no permission", "553 Not here"],
    ["a server that goes", "421 Closing"],
  ])("%s at STOR leaves what was there", async (_, reply) => {
    await using both = await servers({}, { STOR: reply });
    await expect(move(both)).rejects.toThrow(new RegExp(reply));
    expectUntouched(both);
  });

  test.each(["source", "target"] as const)(
    "a 421 in the middle, from the %s, leaves what was there",
    async (role) => {
      const leaves: Script = {
        RETR: async (session) => {
          session.reply("150 here it comes");
          await session.send(CONTENT.subarray(0, 5));
          session.reply("421 Timeout");
          session.close();
        },
        STOR: async (session) => {
          session.reply("150 go ahead", "421 Timeout");
          session.close();
        },
      };
      await using both = await servers(role === "source" ? leaves : {}, role === "target" ? leaves : {});
      await expect(move(both)).rejects.toThrow(/421 Timeout/);
      expectUntouched(both);
    },
  );

  test("a source that will not send leaves what was there", async () => {
    await using both = await servers({ RETR: "550 Not for you" }, {});
    await expect(move(both)).rejects.toThrow(/source: 550 Not for you/);
    expectUntouched(both);
  });

  test("a server that renames over no file gets the old one out of the way, and then the new one in", async () => {
    await using both = await servers(
      {},
      {
        RNTO: (session, path) =>
          session.reply(session.files.has(path) ? "550 exists" : moveTo(session, path)),
      },
    );
    await move(both);
    expect([...both.target.files]).toEqual([["/file", CONTENT]]);
  });

  test("when the new file cannot take its name after all, the old one is back", async () => {
    let tries = 0;
    await using both = await servers(
      {},
      {
        RNTO: (session, path) => {
          tries += 1;
          session.reply(tries === 1 || tries === 3 ? "550 no" : moveTo(session, path));
        },
      },
    );
    await expect(move(both)).rejects.toThrow(/RNTO \/file: 550 no/);
    expectUntouched(both);
  });
});

/** A server that will not rename over a file; `moved` is called when it has said that it moved one. */
const NO_OVERWRITE = (moved: (session: Session, to: string) => void = () => {}): Script => ({
  RNTO: (session, path) => {
    if (session.files.has(path)) return session.reply("550 exists");
    session.reply(moveTo(session, path));
    moved(session, path);
  },
});

/** A server that is told at RNTO what is to be moved to where. */
function renames(move: (from: string, to: string, session: Session) => void): Script {
  let from = "";
  return {
    RNFR: (session, path) => {
      from = path;
      session.reply(session.rename(path, "") ? "350 to what" : "550 none");
    },
    RNTO: (session, to) => move(from, to, session),
  };
}

describe("promise 2, where the old file has to go out of the way", () => {
  test("who cancels between the two moves has the one file or the other, and nothing beside it", async () => {
    const cancelled = new AbortController();
    await using both = await servers(
      {},
      NO_OVERWRITE((_, to) => void (to.endsWith(".old") && cancelled.abort())),
    );
    await moveOne({ ...both, from: "file", to: "file", settings: times, signal: cancelled.signal });
    expect([...both.target.files]).toEqual([["/file", CONTENT]]);
  });

  test.each([
    ["after the reply", ".old", ""],
    ["before the reply", ".old", "cut"],
    ["after the new file has its name, before the reply", "/file", "cut"],
  ])("a connection that is lost %s costs nothing", async (_, at, how) => {
    let isLost = false;
    const loses: Script = {
      RNTO: (session, path) => {
        if (session.files.has(path)) return session.reply("550 exists");
        const reply = moveTo(session, path);
        if (isLost || !path.endsWith(at)) return session.reply(reply);
        isLost = true;
        if (how === "") session.reply(reply);
        session.close();
      },
    };
    await using both = await servers({}, loses);
    expect(await move(both)).toMatchObject({ bytes: CONTENT.length });
    expect([...both.target.files]).toEqual([["/file", CONTENT]]);
  });

  test("a server that takes RNFR for a name that does not exist, and then nothing but RNTO, is never asked by it", async () => {
    let isRenaming = false;
    await using both = await servers(
      {},
      {
        RNFR: (session, path) => {
          isRenaming = true;
          session.rename(path, "");
          session.reply("350 to what");
        },
        RNTO: (session, path) => {
          isRenaming = false;
          session.reply(moveTo(session, path));
        },
        MLST: (session) => session.reply(isRenaming ? "503 RNTO expected" : "502 no"),
        SIZE: (session, path) => {
          const file = session.files.get(path);
          session.reply(isRenaming ? "503 RNTO expected" : file ? `213 ${file.length}` : "550 none");
        },
      },
    );
    expect(await move(both)).toMatchObject({ bytes: CONTENT.length });
    expect([...both.target.files]).toEqual([["/file", CONTENT]]);
  });

  test("RNFR that is answered 250 is a yes", async () => {
    await using both = await servers(
      {},
      { RNFR: (session, path) => session.reply(session.rename(path, "") ? "250 to what" : "550 none") },
    );
    expect(await move(both)).toMatchObject({ bytes: CONTENT.length });
  });

  test("a new file that cannot take its name on any connection leaves the old one", async () => {
    await using both = await servers(
      {},
      renames((from, to, session) => {
        if (session.files.has(to)) return session.reply("550 exists");
        if (from.endsWith(".part")) return session.close();
        session.reply(moveTo(session, to));
      }),
    );
    await expect(move(both)).rejects.toThrow(/RNTO \/file: control connection closed/);
    expectUntouched(both);
  });

  test("an old file that cannot be restored is reported with its location", async () => {
    let tries = 0;
    await using both = await servers(
      {},
      {
        RNTO: (session, path) => {
          tries += 1;
          session.reply(tries === 2 ? moveTo(session, path) : "553 no");
        },
      },
    );
    await expect(move(both)).rejects.toThrow(
      /RNTO \/file: 553 no; target: file was left behind as \.fxpd-.*\.old/,
    );
  });

  test("what could not be deleted then is out of the way of every later copy", async () => {
    let asked = 0;
    await using both = await servers(
      {},
      {
        ...NO_OVERWRITE(),
        DELE: (session, path) => {
          if (path.endsWith(".old")) asked += 1;
          const refuses = asked === 2;
          session.reply(refuses ? "450 busy" : session.files.delete(path) ? "250 gone" : "550 none");
        },
      },
    );
    await move(both);
    expect([...both.target.files.keys()]).toEqual([expect.stringMatching(/\.old$/), "/file"]);
    for (const _ of [1, 2]) {
      await move(both);
      expect([...both.target.files]).toEqual([["/file", CONTENT]]);
    }
  });

  test.each([
    ["takes its place again, and the new one its own", NO_OVERWRITE()],
    ["takes its place again where the server renames over it", {}],
  ])("an old file that a killed process has left aside %s", async (_, script) => {
    await using both = await servers({}, script);
    const side = new FtpSide(settingsFor("target", both.target, times), { clock: systemClock });
    both.target.files.clear();
    both.target.files.set("/.fxpd-key-t.old", OLD).set("/.fxpd-key-t.part", CONTENT);
    await side.replace("/file", "/.fxpd-key-t.part", new AbortController().signal);
    await side.close();
    expect([...both.target.files]).toEqual([["/file", CONTENT]]);
  });

  test("and it stands again when the new one cannot take its name", async () => {
    await using both = await servers(
      {},
      renames((from, to, session) => session.reply(from.endsWith(".old") ? moveTo(session, to) : "550 no")),
    );
    const side = new FtpSide(settingsFor("target", both.target, times), { clock: systemClock });
    both.target.files.clear();
    both.target.files.set("/.fxpd-key-t.old", OLD).set("/.fxpd-key-t.part", CONTENT);
    const replaced = side.replace("/file", "/.fxpd-key-t.part", new AbortController().signal);
    await expect(replaced).rejects.toThrow(/550 no/);
    await side.close();
    expect(both.target.files.get("/file")).toEqual(OLD);
  });
});

function moveTo(session: { rename(from: undefined, to: string): boolean }, path: string): string {
  return session.rename(undefined, path) ? "250 renamed" : "550 nothing to rename";
}
