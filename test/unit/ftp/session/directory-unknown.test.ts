import { describe, expect, test } from "vitest";
import { Client } from "../../../../src/ftp/session/client.ts";
import { listDirectory } from "../../../../src/ftp/session/directory.ts";
import { ConnectionError, NoDataConnectionError, ReplyError } from "../../../../src/ftp/errors.ts";
import { ListingError } from "../../../../src/ftp/listing/errors.ts";
import { type Answer, type Script, type Session, scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";
import {
  signal,
  NOW_MS,
  soon,
  DOTS,
  file,
  WITHOUT_FACTS,
  send,
  listing,
  list,
  listOnce,
} from "../../../support/listing-scene.ts";

describe("promise 4, what is not known is never a ground to delete", () => {
  test("a directory that is said to hold no files is empty", async () => {
    for (const reply of ["550 No files found.", "450 No files found"]) {
      const listed = await listOnce({ LIST: listing({ "-a": reply, "": reply }) });
      expect(listed).toMatchObject({ names: [], error: undefined });
    }
  });

  test("no files found under an option that is taken for a name says nothing of the directory", async () => {
    for (const reply of ["550 No files found.", "450 No such file or directory found"]) {
      const [first, second] = await list({ LIST: listing({ "-a": reply, "": [file("a")] }) }, ["/1", "/2"]);
      expect(first).toMatchObject({ names: ["a"], error: undefined });
      expect(second).toMatchObject({ names: ["a"], error: undefined });
    }
  });

  test("an empty directory does not take hidden names away from the next one", async () => {
    const script = {
      LIST: ((session, argument) => {
        session.files.set("listed", Buffer.from([(session.files.get("listed")?.[0] ?? 0) + 1]));
        if ((session.files.get("listed")?.[0] ?? 0) <= 2) return session.reply("550 No files found.");
        return send(session, argument === "-a" ? [...DOTS, file(".hidden")] : []);
      }) satisfies Answer,
    };
    const [empty, next] = await list(script, ["/empty", "/next"]);
    expect(empty).toMatchObject({ names: [], error: undefined });
    expect(next).toMatchObject({ names: [".hidden"], error: undefined });
  });

  test("nothing listed by a server that showed . and .. elsewhere is an error, and LIST -a stays", async () => {
    let listed = 0;
    const LIST: Answer = (session) => send(session, (listed += 1) === 2 ? [] : [...DOTS, file(".hidden")]);
    const [first, second, third] = await list({ LIST }, ["/one", "/shut", "/three"]);
    expect(first).toMatchObject({ names: [".hidden"], error: undefined });
    expect(second?.names).toEqual([]);
    expect(second?.error).toBeInstanceOf(ListingError);
    expect(String(second?.error)).toContain("alpha: /shut: cannot be read");
    expect(third).toMatchObject({ names: [".hidden"], error: undefined, asked: ["CWD /three", "LIST -a"] });
  });

  test("a directory refused by a server that takes LIST -a is an error, and LIST -a stays", async () => {
    let listed = 0;
    const LIST: Answer = (session) => {
      listed += 1;
      if (listed === 2) return session.reply("550 .: Permission denied");
      return send(session, [...DOTS, file(".hidden")]);
    };
    const [, second, third] = await list({ LIST }, ["/one", "/shut", "/three"]);
    expect(second).toMatchObject({ names: [], asked: ["CWD /shut", "LIST -a"] });
    expect(second?.error).toBeInstanceOf(ReplyError);
    expect(third).toMatchObject({ names: [".hidden"], error: undefined, asked: ["CWD /three", "LIST -a"] });
  });

  test("vsftpd says 226 for a directory that it cannot read", async () => {
    const said = "226 Transfer done (but failed to open directory).";
    const { names, error } = await listOnce({
      greeting: "220 (vsFTPd 3.0.3)",
      EPSV: "500 no",
      LIST: (session) => send(session, [], said),
    });
    expect(names).toEqual([]);
    expect(error).toBeInstanceOf(ListingError);
  });

  test.each([
    "550 Failed to change directory.",
    "550 /gone: No such file or directory",
    "550 No files found.",
    "450 /gone: busy",
    "550 The directory is empty",
  ])("a directory that cannot be entered is an error, whatever is said: %s", async (reply) => {
    const { names, error, asked } = await listOnce({ CWD: reply }, ["/gone"]);
    expect(error).toBeInstanceOf(ReplyError);
    expect(String(error)).toContain(`CWD /gone: ${reply}`);
    expect({ names, asked }).toEqual({ names: [], asked: ["CWD /gone"] });
  });

  test.each(["550 .: Permission denied", "550 empty: No such file or directory", "450 busy", "550 Failed"])(
    "a directory that cannot be listed is an error: %s",
    async (reply) => {
      const { names, error } = await listOnce({ LIST: reply });
      expect(error).toBeInstanceOf(ReplyError);
      expect(names).toEqual([]);
    },
  );

  test("a listing that a 426 ends is an error, though entries came", async () => {
    const { names, error } = await listOnce({
      LIST: (session) =>
        send(session, [...DOTS, file("a"), file("b")], "426 Connection closed; transfer aborted."),
    });
    expect(names).toEqual(["a"]);
    expect(error).toMatchObject({ code: "reply", retry: "later" });
  });

  test("words of an empty directory behind entries that came are an error", async () => {
    const { names, error } = await listOnce({
      LIST: (session) => send(session, [...DOTS, file("a"), file("b")], "450 No files found"),
    });
    expect(names).toEqual(["a"]);
    expect(error).toBeInstanceOf(ReplyError);
  });

  test.each([
    ["stays away", (session: Session) => send(session, [...DOTS, file("a"), file("b")], "")],
    [
      "never comes, for the connection is cut",
      async (session: Session) => {
        await send(session, [...DOTS, file("a"), file("b")], "");
        session.close();
      },
    ],
  ])("a listing whose 226 %s is an error, though entries came", async (_, LIST) => {
    const { names, error } = await listOnce({ LIST });
    expect(names).toEqual(["a"]);
    expect(error).toBeInstanceOf(ConnectionError);
  });

  test("an empty answer without its 226 is an error too", async () => {
    const { names, error } = await listOnce({ LIST: (session) => send(session, [], "") });
    expect({ names, is: error instanceof ConnectionError }).toEqual({ names: [], is: true });
  });

  test.each([
    ["may be an entry that nobody can read", "-rw-r--r-- 1 o g 5 yesterday b"],
    ["holds a name with a slash", file("../up")],
  ])("a line that %s makes an error, after what was understood", async (_, line) => {
    const { names, error } = await listOnce({
      LIST: listing({ "-a": [...DOTS, file("a"), line, file("b")] }),
    });
    expect(names).toEqual(["a", "b"]);
    expect(error).toBeInstanceOf(ListingError);
    expect(String(error)).toContain("alpha: /: a line of the listing cannot be parsed");
  });

  const closed: Script = { PASV: "502 no", PORT: "500 no", EPRT: "500 no" };

  test("a refused listing is reported with its directory", async () => {
    const refused = "450 not now";
    const listed = await listOnce({ LIST: listing({ "-a": refused, "": refused }) }, ["/two"]);
    expect(listed.error).toMatchObject({ message: "alpha: LIST in /two: 450 not now" });
  });

  test("a STAT of one line is no listing, and not an empty one", async () => {
    const { names, error } = await listOnce({ ...closed, STAT: "211 Logged in as tester" });
    expect(names).toEqual([]);
    expect(error).toBeInstanceOf(ReplyError);
  });

  test("a STAT of the server instead of the directory is an error", async () => {
    const status = ["211-FTP server status:", "     Connected to 127.0.0.1", "     TYPE: BINARY", "211 End"];
    const { error } = await listOnce({ ...closed, STAT: status });
    expect(error).toBeInstanceOf(ListingError);
  });

  test("a server without STAT and without a data connection is an error", async () => {
    const { names, error } = await listOnce({ ...closed, STAT: "502 no" });
    expect(names).toEqual([]);
    expect(error).toBeInstanceOf(ReplyError);
  });

  test("a server that has refused every way is an error", async () => {
    const refused = ["MLSD", "LIST -a", "LIST", "STAT -la .", "STAT ."] as const;
    const { names, error } = await listOnce({}, ["/"], { refused });
    expect(names).toEqual([]);
    expect(error).toBeInstanceOf(NoDataConnectionError);
  });
});

test("promise 4, a refusal that means empty is no listing to who has to be sure", async () => {
  await using server = await scriptedServer({ ...WITHOUT_FACTS, LIST: "550 No files found." });
  const client = await Client.connect(settingsFor("alpha", server, soon), undefined, signal);
  const entries = async (isStrict: boolean) => {
    const found: string[] = [];
    for await (const { name } of listDirectory(client, "/", NOW_MS, signal, isStrict)) found.push(name);
    return found;
  };
  expect(await entries(false)).toEqual([]);
  await expect(entries(true)).rejects.toThrow(/LIST in \/: 550 No files found/);
  await client.close();
});
