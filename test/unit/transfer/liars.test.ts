import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { moveOne } from "../../support/pair.ts";
import { type Script, type ScriptedPair, type Session, scriptedPair } from "../../support/scripted-server.ts";
import { settingsFor } from "../../support/settings.ts";

const CONTENT = Buffer.from("all of it, to the last octet");
const OLD = Buffer.from("what stood there");
const times = { timeouts: { connectMs: 2_000, replyMs: 1_500, stallMs: 1_500, idleMs: 60_000 } };

/** Two servers, a file at the source and an old one at the target. */
async function servers(source: Script, target: Script): Promise<ScriptedPair> {
  const both = await scriptedPair(source, target, CONTENT);
  both.target.files.set("/file", OLD);
  return both;
}

const move = (both: ScriptedPair, fxp: "prefer" | "only" = "only") =>
  moveOne({ ...both, from: "file", to: "file", policy: { fxp }, settings: times });

/** Stores half of what comes, and says that all is well. */
async function storeHalf(session: Session, path: string): Promise<void> {
  session.reply("150 go ahead");
  const all = await session.receive();
  session.files.set(path, all.subarray(0, all.length / 2));
  session.reply("226 done");
}

/** The old file stands, and nothing else does. */
function expectUntouched({ target }: ScriptedPair): void {
  expect([...target.files.keys()]).toEqual(["/file"]);
  expect(target.files.get("/file")).toEqual(OLD);
}

test("two servers that behave move a file between them", async () => {
  await using both = await servers({}, {});
  expect(await move(both)).toMatchObject({ by: "third-party", method: "source-pasv", bytes: CONTENT.length });
  expect(both.target.files.get("/file")).toEqual(CONTENT);
  expect([...both.target.files.keys()]).toEqual(["/file"]);
});

describe("promise 1, success means success", () => {
  test("a target that stores half and says 226 is found out by its size", async () => {
    await using both = await servers(
      {},
      {
        STOR: storeHalf,
      },
    );
    await expect(move(both)).rejects.toThrow(/14 bytes arrived, but the source has 28/);
    expectUntouched(both);
  });

  test.each<[string, Script, RegExp]>([
    ["is stored in half", { STOR: storeHalf }, /: file: 14 bytes arrived, but the source has 28$/],
    ["is refused", { STOR: (session, path) => session.reply(`553 ${path}: not here`) }, /\/file: not here/],
  ])(
    "the reason why a file that %s is not there names the file, not its temporary name",
    async (_, target, because) => {
      await using both = await servers({}, target);
      const error = await move(both, "prefer").catch((thrown: unknown) => thrown);
      for (let at = error; at instanceof Error; at = at.cause) expect(at.message).not.toContain(".fxpd-");
      expect(error).toMatchObject({ message: expect.stringMatching(because) as string });
    },
  );

  test("a source that dies midway is no success, though the target says 226", async () => {
    await using both = await servers(
      {
        RETR: async (session) => {
          session.reply("150 here it comes");
          await session.send(CONTENT.subarray(0, 5));
          session.close();
        },
      },
      {},
    );
    await expect(move(both)).rejects.toThrow(/; source: RETR \/file: control connection/);
    expectUntouched(both);
  });

  test("a source that says 226 after half of the file is found out by its size", async () => {
    await using both = await servers(
      {
        RETR: async (session) => {
          session.reply("150 here it comes");
          await session.send(CONTENT.subarray(0, 5));
          session.reply("226 all of it");
        },
      },
      {},
    );
    await expect(move(both)).rejects.toThrow(/5 bytes arrived, but the source has 28/);
    expectUntouched(both);
  });

  test("a target that stores nothing and says 226 at once is found out", async () => {
    await using both = await servers({}, { STOR: "226 done" });
    await expect(move(both)).rejects.toThrow();
    expectUntouched(both);
  });

  test("a 226 without a 150 before it is an answer like another", async () => {
    await using both = await servers(
      {},
      {
        STOR: async (session, path) => {
          session.files.set(path, await session.receive());
          session.reply("226 done");
        },
      },
    );
    expect(await move(both)).toMatchObject({ bytes: CONTENT.length });
  });

  test("a final reply that never comes ends the transfer as failed", async () => {
    await using both = await servers(
      {},
      {
        STOR: async (session) => {
          session.reply("150 go ahead");
          await session.receive();
        },
      },
    );
    await expect(move(both)).rejects.toThrow(/the transfer on the target did not end/);
    expectUntouched(both);
  });
});

/** A server with a digest of its own; it tells that of what it has, or of what it would like to have. */
const digests = (of = (octets: Buffer) => octets): Script => ({
  FEAT: ["211-Features", " SIZE", " MLST type*;size*;modify*;", " XSHA256", "211 End"],
  XSHA256: (session, path) => {
    const octets = of(session.files.get(path) ?? Buffer.alloc(0));
    session.reply(`250 ${createHash("sha256").update(octets).digest("hex")}`);
  },
});

/** Stores what it gets with one bit of it turned. */
const FLIPS: Script = {
  STOR: async (session, path) => {
    session.reply("150 go ahead");
    const all = await session.receive();
    all[3] = (all[3] ?? 0) ^ 1;
    session.files.set(path, all);
    session.reply("226 done");
  },
};

describe("promise 1, success means success: digests", () => {
  test.each(["only", "never"] as const)("a flipped bit at equal size is found out (fxp: %s)", async (fxp) => {
    await using both = await servers(digests(), { ...digests(), ...FLIPS });
    const moving = { ...both, from: "file", to: "file", settings: times };
    await expect(moveOne({ ...moving, policy: { fxp, verify: "digest" } })).rejects.toThrow(
      /SHA-256 is [0-9a-f]{64}, but the source has [0-9a-f]{64}/,
    );
    expectUntouched(both);
  });

  test("equal digests are in the record", async () => {
    await using both = await servers(digests(), digests());
    const moved = await moveOne({ ...both, from: "file", to: "file", policy: { verify: "require-digest" } });
    const value = createHash("sha256").update(CONTENT).digest("hex");
    expect(moved).toMatchObject({ by: "third-party", digest: { algorithm: "SHA-256", value } });
  });

  test("where a digest is required and there is none in common, no octet moves", async () => {
    await using both = await servers(digests(), {});
    const moved = moveOne({ ...both, from: "file", to: "file", policy: { verify: "require-digest" } });
    await expect(moved).rejects.toThrow(/a digest is required, but the servers have none in common/);
    expect(both.source.commands.filter((line) => line.startsWith("RETR"))).toEqual([]);
    expectUntouched(both);
  });

  test("through us, the octets that pass stand for a source without digests", async () => {
    await using both = await servers({}, digests());
    const policy = { fxp: "never", verify: "require-digest" } as const;
    const moved = await moveOne({ ...both, from: "file", to: "file", policy });
    expect(moved).toMatchObject({ by: "relay", digest: { algorithm: "SHA-256" } });
  });

  test("a source that was written to while it was copied is not believed", async () => {
    let asked = 0;
    await using both = await servers(
      {
        MLST: (session, path) => {
          asked += 1;
          session.reply("250-Here", ` type=file;size=28;modify=2026112100000${asked}; ${path}`, "250 End");
        },
      },
      {},
    );
    both.source.files.set("/file", CONTENT);
    const listed = {
      kind: "file",
      sizeBytes: 28,
      modified: { atMs: 0, precision: "second", zone: "utc" },
    } as const;
    const moved = moveOne({ ...both, from: "file", to: "file", listed });
    await expect(moved).rejects.toThrow(/changed while it was being copied/);
    expectUntouched(both);
  });
});

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

  test("an old file that cannot be put back is told, with where it is", async () => {
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

describe("promise 7, no server sends us where it likes", () => {
  const elsewhere = { PASV: "227 Entering Passive Mode (203,0,113,9,200,10)" };
  const privileged = { PASV: "227 Entering Passive Mode (127,0,0,1,0,25)" };

  test.each([
    ["an address that is not the server's", elsewhere, /data address 203\.0\.113\.9 rejected/],
    ["a port below 1024", privileged, /data port 25 of 127\.0\.0\.1 rejected/],
  ])("%s is never told to the other server", async (_, script, reason) => {
    await using both = await servers(script, script);
    await expect(move(both)).rejects.toThrow(reason);
    for (const { commands } of [both.source, both.target]) expect(commands.join()).not.toMatch(/PORT|EPRT/);
    expectUntouched(both);
  });
});

describe("two servers that will not meet", () => {
  const refusing = { PORT: "500 Illegal PORT command", EPRT: "500 Illegal EPRT command" };

  test("get the file through the relay, and the record says why", async () => {
    await using both = await servers(refusing, refusing);
    const moved = await move(both, "prefer");
    expect(moved).toMatchObject({
      by: "relay",
      bytes: CONTENT.length,
      because: expect.stringContaining("500 Illegal PORT"),
    });
    expect(both.target.files.get("/file")).toEqual(CONTENT);
  });

  test("under `only`, the error quotes both of them", async () => {
    await using both = await servers(
      { ...refusing, PORT: "500 said the source" },
      { ...refusing, PORT: "501 said the target" },
    );
    await expect(move(both)).rejects.toThrow(
      /target: PORT .*: 501 said the target; .*source: PORT .*: 500 said the source/,
    );
    expectUntouched(both);
  });

  test("PORT refused with any of its codes moves on to the next method, on the same connection", async () => {
    for (const code of [500, 501, 502, 504, 530]) {
      await using both = await servers({}, { PORT: `${code} no` });
      expect(await move(both)).toMatchObject({ by: "third-party", method: "target-pasv" });
      expect(both.target.commands.filter((command) => command.startsWith("USER"))).toHaveLength(1);
    }
  });

  test("a passive side that turns the other away is no end: the other one may listen", async () => {
    await using both = await servers(turnsAwayWhenPassive(), {});
    expect(await move(both)).toMatchObject({
      by: "third-party",
      method: "target-pasv",
      bytes: CONTENT.length,
    });
  });
});

/** A source that takes no data connection from a stranger when it listens, and sends like any other else. */
function turnsAwayWhenPassive(): Script {
  let isListening = false;
  return {
    PASV: async (session) => {
      isListening = true;
      session.reply(await session.listen());
    },
    PORT: (session, argument) => {
      isListening = false;
      session.connectLater(argument);
      session.reply("200 will connect there");
    },
    RETR: async (session, path) => {
      if (isListening) return session.reply("425 Security: Bad IP connecting.");
      session.reply("150 here it comes");
      await session.send(session.files.get(path) ?? Buffer.alloc(0));
      session.reply("226 done");
    },
  };
}

function moveTo(session: { rename(from: undefined, to: string): boolean }, path: string): string {
  return session.rename(undefined, path) ? "250 renamed" : "550 nothing to rename";
}
