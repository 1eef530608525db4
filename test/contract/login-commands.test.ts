import { expect, test } from "vitest";
import { Client } from "../../src/ftp/session/client.ts";
import type { TranscriptLine } from "../../src/ftp/connection/transcript.ts";
import { dropBox } from "../servers/zoo/kinds/drop-box.ts";
import { zooServer } from "../servers/zoo/server.ts";
import { settingsFor } from "../support/settings.ts";

test("a host's commands are sent after each login, and a refusal is reported without ending the session", async () => {
  const habits = { "SITE IDLE": "200 Maximum idle time set.", CLNT: "500 'CLNT': command not understood." };
  await using server = await zooServer({ ...dropBox, habits });
  const loginCommands = ["SITE IDLE 3600", "CLNT fxpd"];
  const said: TranscriptLine[] = [];
  for (let turn = 1; turn <= 2; turn += 1) {
    const host = settingsFor("zoo", server, { loginCommands });
    const client = await Client.connect(host, (line) => void said.push(line), AbortSignal.timeout(10_000));
    expect(client.session.refusedCommands).toEqual(["zoo: CLNT fxpd: 500 'CLNT': command not understood."]);
    await client.close();
    const sent = server.commands.filter((line) => /^(SITE|CLNT|PASS)/.test(line));
    expect(sent).toEqual(
      Array(turn)
        .fill(["PASS correct-horse-7", ...loginCommands])
        .flat(),
    );
  }
  expect(said.some(({ text }) => text === "SITE IDLE 3600")).toBe(true);
});
