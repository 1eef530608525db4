import { expect, test } from "vitest";
import { Client } from "../../../../../src/ftp/session/client.ts";
import { alteredName } from "../../../../../src/ftp/session/names/name-trial.ts";
import { scriptedServer } from "../../../../support/scripted-server.ts";
import { settingsFor } from "../../../../support/settings.ts";

const signal = new AbortController().signal;

/** What is found of a name on a server that drops quotes and blanks at the end; `shows`: whether this listing shows files. */
async function altered(name: string, shows: (listing: number) => boolean): Promise<string | undefined> {
  let listings = 0;
  await using server = await scriptedServer({
    FEAT: "502 no",
    CWD: "250 there",
    STOR: async (session, path) => {
      session.reply("150 go ahead");
      session.files.set(path.replaceAll('"', "").trimEnd(), await session.receive());
      session.reply("226 done");
    },
    LIST: async (session, argument) => {
      if (argument !== "") return session.reply("501 no options");
      listings += 1;
      const names = shows(listings) ? [...session.files.keys()] : [];
      session.reply("150 here it comes");
      const lines = names.map((path) => `-rw-r--r-- 1 o g 0 Nov 21 02:36 ${path.slice(1)}\r\n`);
      await session.send(Buffer.from(lines.join("")));
      session.reply("226 done");
    },
  });
  await using client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  return await alteredName(client, `/${name}`, Date.UTC(2026, 10, 28), signal);
}

test("a name of which one listing shows nothing is tried again", async () => {
  expect(await altered("end ", (listing) => listing > 1)).toBe("end ");
  expect(await altered("plain", () => true)).toBeUndefined();
});

test("where a server alters one of several kinds of name, one that cannot be tried by itself is not sent", async () => {
  expect(await altered('quo"te ', (listing) => listing === 1)).toBe('quo"te ');
});
