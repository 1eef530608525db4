import { describe, expect, test } from "vitest";
import { copy } from "../../../src/copy/copy.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { copyDeps } from "../../support/edges.ts";
import { moveOne } from "../../support/pair.ts";
import { type Script, type Session, scriptedServer } from "../../support/scripted-server.ts";
import { copyOfOne, signal, timeouts, placeOf } from "../../support/silent-pairs.ts";

/** Does something again and again until the control connection is closed. */
function again({ socket }: Session, act: () => void): void {
  const timer = setInterval(act, 5);
  socket.once("close", () => clearInterval(timer));
}

/** Copies `/file`, of 100 bytes, and says how that ended. */
async function copyOne(
  source: Script,
  target: Script,
  fxp: "only" | "prefer" = "only",
  limit = 2,
  times = timeouts,
) {
  await using from = await scriptedServer(source);
  await using to = await scriptedServer(target);
  from.files.set("/file", Buffer.alloc(100, "."));
  const { deps, events } = copyDeps();
  const [one, other] = [placeOf("source", from, 1, times), placeOf("target", to, limit, times)];
  const summary = await copy(copyOfOne(one, other, fxp), deps, signal);
  const [ended] = events.flatMap((event) => (event.event === "transfer" ? [event] : []));
  return { outcome: summary.outcome, ended, because: ended?.because };
}

/** Agrees to everything and moves nothing. */
const IDLE = (session: Session) => session.reply("150 here it comes");

const STORED: Script = {
  STOR: async (session, path) => {
    session.reply("150 go ahead");
    session.files.set(path, Buffer.alloc(0));
    for await (const chunk of await session.data())
      session.files.set(path, Buffer.concat([session.files.get(path) ?? Buffer.alloc(0), chunk as Buffer]));
    session.reply("226 done");
  },
};

describe.concurrent("a third-party transfer in which no byte moves is given up", () => {
  const showsNothing: Script = { STOR: IDLE };
  const targets: Readonly<Record<string, readonly [Script, number]>> = {
    "that shows 0 bytes": [STORED, 2],
    "that shows no file": [showsNothing, 2],
    "that tells no sizes": [{ ...showsNothing, SIZE: "502 no", MLST: "502 no", MDTM: "502 no" }, 2],
    "that answers no question meanwhile": [silentAfterStor(), 2],
    "that lets nobody more in": [showsNothing, 1],
  };
  test.each(Object.entries(targets))("to a target %s", async (_, [target, limit]) => {
    const { outcome, because } = await copyOne({ RETR: IDLE }, target, "only", limit);
    expect(outcome).toBe("failed");
    expect(because).toMatch(/no byte (arrived|was seen to arrive) at the target for/);
  });

  test("but one that is seen under the name that ProFTPD hides unfinished files by is left alone", async () => {
    const hides: Script = {
      STOR: async (session, path) => {
        const hidden = path.replace(/\/([^/]*)$/, "/.in.$1.");
        session.reply("150 go ahead");
        session.files.set(hidden, Buffer.alloc(0));
        for await (const chunk of await session.data()) {
          const before = session.files.get(hidden) ?? Buffer.alloc(0);
          session.files.set(hidden, Buffer.concat([before, chunk as Buffer]));
        }
        session.files.set(path, session.files.get(hidden) ?? Buffer.alloc(0));
        session.files.delete(hidden);
        session.reply("226 done");
      },
    };
    const slowly: Script = {
      RETR: async (session, path) => {
        session.reply("150 here it comes");
        const data = await session.data();
        for (const byte of session.files.get(path) ?? []) {
          data.write(Buffer.from([byte]));
          await systemClock.sleep(20);
        }
        data.end();
        session.reply("226 done");
      },
    };
    const lenient = { ...timeouts, minimumBytesPerSecond: 0 };
    expect((await copyOne(slowly, hides, "only", 2, lenient)).outcome).toBe("succeeded");
  });

  test("where the servers go on saying 1yz", async () => {
    const goesOn = (session: Session) => {
      session.reply("150 here it comes");
      again(session, () => session.reply("112 still at it"));
    };
    const { outcome, because } = await copyOne({ RETR: goesOn }, { STOR: goesOn });
    expect(outcome).toBe("failed");
    expect(because).toMatch(/no byte arrived at the target for/);
  });

  test("and the file goes through us where it may", async () => {
    /** Never connects to where a PORT command says. */
    const unreachable = (verb: "RETR" | "STOR"): Script => {
      const active = new WeakSet<Session>();
      return {
        PORT: (session) => {
          active.add(session);
          session.reply("200 will connect there");
        },
        PASV: async (session) => {
          active.delete(session);
          session.reply(await session.listen());
        },
        [verb]: async (session: Session, path: string) => {
          session.reply("150 here it comes");
          if (active.has(session)) return;
          if (verb === "STOR") session.files.set(path, await session.receive());
          else await session.send(session.files.get(path) ?? Buffer.alloc(0));
          session.reply("226 done");
        },
      };
    };
    const { outcome, ended } = await copyOne(unreachable("RETR"), unreachable("STOR"), "prefer");
    expect(outcome).toBe("succeeded");
    expect(ended).toMatchObject({
      by: "relay",
      because: expect.stringMatching(/no byte arrived at the target/),
    });
  });
});

/** Behaves until it has been asked to store something. */
function silentAfterStor(): Script {
  let isStoring = false;
  const answer = (session: Session) => (isStoring ? undefined : session.reply("550 no such file"));
  const STOR = (session: Session) => {
    isStoring = true;
    session.reply("150 go ahead");
  };
  return { STOR, MLST: answer, SIZE: answer };
}

/** Sends a little now and then, for as long as anybody listens. */
const DRIPS: Script = {
  RETR: async (session) => {
    session.reply("150 here it comes");
    const data = await session.data();
    again(session, () => data.write("."));
  },
};

test("a source that drips is given up in a third-party transfer", async () => {
  const { outcome, because } = await copyOne(DRIPS, STORED);
  expect(outcome).toBe("failed");
  expect(because).toMatch(/too slow: .* the minimum is 9\.8 KiB\/s \(timeouts\.minimumRate\)/);
});

test("a source that drips is given up in a transfer through us", async () => {
  await using source = await scriptedServer(DRIPS);
  await using target = await scriptedServer();
  source.files.set("/file", Buffer.alloc(100_000));
  const moving = moveOne({
    source,
    target,
    from: "file",
    to: "file",
    policy: { fxp: "never" },
    settings: { timeouts },
  });
  await expect(moving).rejects.toThrow(
    /source: transfer too slow: .* the minimum is 9\.8 KiB\/s \(timeouts\.minimumRate\)/,
  );
});
