import { describe, expect, test } from "vitest";
import { moveOne } from "../../support/pair.ts";
import {
  type Script,
  type ScriptedPair,
  type ScriptedServer,
  type Session,
  scriptedPair,
} from "../../support/scripted-server.ts";

const CONTENT = Buffer.from("all of it, to the last byte");
/** Longer than any test may last: who waits for one of these fails. */
const PATIENT = { timeouts: { connectMs: 60_000, replyMs: 60_000, stallMs: 60_000, idleMs: 60_000 } };

const servers = (source: Script, target: Script) => scriptedPair(source, target, CONTENT);

const move = (both: ScriptedPair, fxp: "prefer" | "never") =>
  moveOne({ ...both, from: "file", to: "file", policy: { fxp }, settings: PATIENT });

const portsOf = ({ commands }: ScriptedServer) => commands.filter((line) => line.startsWith("PORT"));

describe("a method that a server does not stand", () => {
  test("because it closes the control connection on PORT, is left for the next one", async () => {
    await using both = await servers({}, { PORT: (session) => session.close() });
    expect(await move(both, "prefer")).toMatchObject({ by: "third-party", method: "target-pasv" });
    expect(both.target.files.get("/file")).toEqual(CONTENT);
    expect(portsOf(both.target)).toHaveLength(1);
  });

  test("because both close the control connection on PORT, is left for the relay", async () => {
    const closing: Script = { PORT: (session) => session.close() };
    await using both = await servers(closing, closing);
    expect(await move(both, "prefer")).toMatchObject({ by: "relay", bytes: CONTENT.length });
    expect(both.target.files.get("/file")).toEqual(CONTENT);
    expect(portsOf(both.target).length + portsOf(both.source).length).toBeLessThanOrEqual(2);
  });

  test.each(["454 Nix da.", "550 Cette adresse ne me convient pas.", "599 ?", "451 Local error"])(
    "because it says of the file what is about the address (%s), is left for the relay",
    async (words) => {
      const refusing = (): Script => {
        let isActive = false;
        const unless = (go: (session: Session, path: string) => Promise<void>) => {
          return async (session: Session, path: string) =>
            isActive ? session.reply(words) : go(session, path);
        };
        return {
          PORT: (session) => {
            isActive = true;
            session.reply("200 yes");
          },
          PASV: async (session) => {
            isActive = false;
            session.reply(await session.listen());
          },
          RETR: unless(async (session, path) => {
            session.reply("150 here it comes");
            await session.send(session.files.get(path) ?? Buffer.alloc(0));
            session.reply("226 done");
          }),
          STOR: unless(async (session, path) => {
            session.reply("150 go ahead");
            session.files.set(path, await session.receive());
            session.reply("226 done");
          }),
        };
      };
      await using both = await servers(refusing(), refusing());
      expect(await move(both, "prefer")).toMatchObject({ by: "relay", bytes: CONTENT.length });
      expect(both.target.files.get("/file")).toEqual(CONTENT);
    },
  );
});

describe("a final refusal while the data connection stays open and empty", () => {
  const refuses = (words: string): Script => ({
    RETR: async (session) => {
      await session.data();
      session.reply("150 here it comes", words);
    },
    STOR: async (session) => {
      await session.data();
      session.reply("150 go ahead", words);
    },
  });

  test("of the source ends the transfer through this machine at once", async () => {
    await using both = await servers(refuses("550 the file is gone"), {});
    await expect(move(both, "never")).rejects.toThrow(/550 the file is gone/);
  });

  test("of the target as well", async () => {
    await using both = await servers({}, refuses("552 it does not fit"));
    await expect(move(both, "never")).rejects.toThrow(/552 it does not fit/);
  });
});
