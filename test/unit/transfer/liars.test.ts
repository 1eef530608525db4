import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { moveOne } from "../../support/pair.ts";
import { type Script, type Session } from "../../support/scripted-server.ts";
import { CONTENT, times, servers, move, expectUntouched } from "../../support/liars-scene.ts";

/** Stores half of what comes, and says that all is well. */
async function storeHalf(session: Session, path: string): Promise<void> {
  session.reply("150 go ahead");
  const all = await session.receive();
  session.files.set(path, all.subarray(0, all.length / 2));
  session.reply("226 done");
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
