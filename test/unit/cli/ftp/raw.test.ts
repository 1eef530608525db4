import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LocalFiles } from "../../../../src/cli/ftp/local-files.ts";
import { performRaw } from "../../../../src/cli/ftp/raw.ts";
import { IMAGE } from "../../../../src/console/session.ts";
import { Client } from "../../../../src/ftp/session/client.ts";
import { scriptedServer } from "../../../support/scripted-server.ts";
import { settingsFor } from "../../../support/settings.ts";

const signal = new AbortController().signal;

test.each(["STOR", "STOU", "APPE"] as const)(
  "%s is not sent for a local file that cannot be opened: the server would empty its own",
  async (verb) => {
    const directory = await mkdtemp(join(tmpdir(), "fxpd-raw-"));
    try {
      await using server = await scriptedServer();
      const client = await Client.connect(settingsFor("alpha", server), undefined, signal);
      const files = new LocalFiles({ out: () => {}, err: () => {}, isTerminal: false, directory });
      const transfer = {
        ...({ on: "first", verb, path: "there", local: { kind: "file", path: "missing" } } as const),
        ...({
          representation: { ...IMAGE, type: "A" },
          restartAt: 0,
          keepsReturns: false,
          codePage: "1047",
        } as const),
      };
      const moving = performRaw(client, transfer, files, { progress: () => {}, onMarker: () => {} }, signal);
      await expect(moving).rejects.toMatchObject({
        code: "local-file",
        message: expect.stringContaining("missing"),
      });
      expect(server.commands.filter((line) => line.startsWith(verb))).toEqual([]);
      await client.close();
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
);
