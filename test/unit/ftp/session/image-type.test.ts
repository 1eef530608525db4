import { expect, test } from "vitest";
import { ImageTypeError } from "../../../../src/ftp/errors.ts";
import { Client } from "../../../../src/ftp/session/client.ts";
import { type Script, scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";

const signal = new AbortController().signal;

async function connected(script: Script): Promise<readonly string[]> {
  await using server = await scriptedServer(script);
  const client = await Client.connect(settingsFor("alpha", server), undefined, signal);
  await client.close();
  return server.commands.filter((command) => command.startsWith("TYPE"));
}

test("a server that transfers text only is refused, since it would change files", async () => {
  const connecting = connected({ TYPE: "504 text only" });
  await expect(connecting).rejects.toThrow(ImageTypeError);
  await expect(connecting).rejects.toThrow(/alpha: TYPE I: 504 text only/);
});

test("bytes of eight bits will do in place of an image", async () => {
  const type = (session: { reply(line: string): void }, of: string) =>
    session.reply(of === "I" ? "504 not here" : "200 well");
  expect(await connected({ TYPE: type })).toEqual(["TYPE I", "TYPE L 8"]);
});
