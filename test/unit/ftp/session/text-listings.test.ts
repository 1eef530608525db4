import { expect, test } from "vitest";
import { ChangedDirectoryError, ReplyError } from "../../../../src/ftp/errors.ts";
import { Client } from "../../../../src/ftp/session/client.ts";
import { listDirectory } from "../../../../src/ftp/session/directory.ts";
import { makeDirectories } from "../../../../src/ftp/session/make-directories.ts";
import { type Script, type Session, scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";

const signal = new AbortController().signal;
const LINE = "-rw-r--r-- 1 0 0 5 Nov 20 10:00 a.txt\r\n";

/** A server whose connections remember their TYPE; `list` answers LIST by it. */
function withTypes(list: (session: Session, type: string) => void | Promise<void>): Script {
  const types = new WeakMap<Session, string>();
  return {
    FEAT: "500 FEAT not understood",
    CWD: "250 there",
    TYPE: (session, type) => {
      types.set(session, type);
      session.reply("200 so be it");
    },
    LIST: (session, option) =>
      option === "" ? list(session, types.get(session) ?? "A") : session.reply("501 no options"),
  };
}

async function namesIn(client: Client, directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of listDirectory(client, directory, Date.UTC(2026, 10, 21), signal))
    names.push(name);
  return names;
}

test.each(["550 data encoding must be set to utf8 for listing", "501 ASCII only", "504 not in this mode"])(
  "a listing that is refused in TYPE I (%s) is asked for in TYPE A, and TYPE I comes back",
  async (refusal) => {
    await using server = await scriptedServer(
      withTypes(async (session, type) => {
        if (type !== "A") return session.reply(refusal);
        session.reply("150 here it comes");
        await session.send(Buffer.from(LINE));
        session.reply("226 done");
      }),
    );
    await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
    expect([await namesIn(client, "/one"), await namesIn(client, "/two")]).toEqual([["a.txt"], ["a.txt"]]);
    const types = server.commands.filter((line) => /^(TYPE|LIST$)/.test(line));
    expect(types).toEqual(["TYPE I", "LIST", "TYPE A", "LIST", "TYPE I", "TYPE A", "LIST", "TYPE I"]);
  },
);

test("promise 4, a directory that is refused in both types is an error with the first words, and the next one is listed", async () => {
  let refusals = 0;
  await using server = await scriptedServer(
    withTypes(async (session) => {
      refusals += 1;
      if (refusals <= 2) return session.reply(`550 Permission denied (${refusals})`);
      session.reply("150 here it comes");
      await session.send(Buffer.from(LINE));
      session.reply("226 done");
    }),
  );
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  await expect(namesIn(client, "/closed")).rejects.toThrow(/Permission denied \(1\)/);
  expect(await namesIn(client, "/open")).toEqual(["a.txt"]);
  expect(server.commands.slice(-1)).toEqual(["LIST"]);
});

test("a listing in TYPE A during which something disappeared is no refusal of TYPE A, and may be asked for again", async () => {
  let times = 0;
  await using server = await scriptedServer(
    withTypes(async (session, type) => {
      if (type !== "A") return session.reply("550 data encoding must be set to utf8 for listing");
      session.reply("125 here it comes");
      times += 1;
      if (times > 1) await session.send(Buffer.from(LINE));
      else (await session.data()).end();
      session.reply(times > 1 ? "226 done" : "550 ENOENT: no such file or directory, stat '/one/b.txt'");
    }),
  );
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  const failure = await namesIn(client, "/one").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ChangedDirectoryError);
  expect(failure).toMatchObject({ retry: "later", message: expect.stringContaining("ENOENT") as string });
  expect(await namesIn(client, "/one")).toEqual(["a.txt"]);
});

test.each([
  "501 no such path",
  "500 what?",
  "553 not a directory",
  "450 not available",
  "431 no such directory",
])("a directory for which CWD says %s is made", async (refusal) => {
  const made = new Set(["/"]);
  await using server = await scriptedServer({
    CWD: (session, path) => session.reply(made.has(path) ? "250 there" : refusal),
    MKD: (session, path) => {
      made.add(path);
      session.reply(`257 "${path}" created`);
    },
  });
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  await makeDirectories(client, "/new/deep", 0, signal);
  expect(server.commands.filter((line) => line.startsWith("MKD"))).toEqual(["MKD /new", "MKD /new/deep"]);
});

test("of a path below a login directory without a slash nothing above that directory is asked for", async () => {
  await using server = await scriptedServer({
    PWD: `257 "'TESTER.'" is working directory`,
    CWD: "501 Invalid directory name",
    MKD: "550 not here",
  });
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  await expect(makeDirectories(client, "up/new", 0, signal)).rejects.toThrow(/not here/);
  const asked = server.commands.filter((line) => /^(CWD|MKD)/.test(line));
  expect(asked).toEqual(["CWD 'TESTER.'/up/new", "CWD 'TESTER.'/up", "MKD 'TESTER.'/up", "CWD 'TESTER.'/up"]);
});

test("a directory that CWD and MKD refuse is an error that quotes the reply to MKD", async () => {
  await using server = await scriptedServer({ CWD: "501 no", MKD: "553 read-only" });
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  const making = makeDirectories(client, "/new", 0, signal);
  await expect(making).rejects.toThrow(ReplyError);
  await expect(making).rejects.toThrow(/read-only/);
});
