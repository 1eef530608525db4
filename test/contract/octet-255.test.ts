import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { waysOf } from "../../src/ftp/ways.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { decodeText } from "../../src/shared/octets.ts";
import { transferFile } from "../../src/transfer/file-transfer.ts";
import { memoryLedger } from "../../src/transfer/ledger.ts";
import { FtpSide } from "../../src/transfer/sides/ftp-side.ts";
import { LocalSide } from "../../src/transfer/sides/local-side.ts";
import { dropBox } from "../servers/zoo/kinds/drop-box.ts";
import { zooServer } from "../servers/zoo/server.ts";
import { newRoute, POLICY } from "../support/pair.ts";
import { settingsFor } from "../support/settings.ts";

const NAME = decodeText(Buffer.from([0x61, 255, 0x62]));

describe.each([
  { takes255AsItIs: true, form: "255-plain" },
  { takes255AsItIs: false, form: "255-doubled" },
] as const)("an unknown server of the form $form", ({ takes255AsItIs, form }) => {
  const started = () => zooServer({ ...dropBox, habits: {}, names: { takes255AsItIs } });

  test("is asked for a name with octet 255 in both forms, until one has been seen to be right", async () => {
    await using server = await started();
    server.tree.plant(`/up/${NAME}`, Buffer.from("bytes"), 1_000);
    const host = settingsFor("zoo", server);
    const signal = AbortSignal.timeout(10_000);
    for (const connection of [1, 2]) {
      const side = new FtpSide(host, { clock: systemClock });
      const before = server.commands.length;
      expect(await side.facts(`up/${NAME}`, signal)).toMatchObject({ kind: "file", sizeBytes: 5 });
      const asked = server.commands.slice(before).filter((line) => line.startsWith("SIZE"));
      if (connection === 2) expect(asked).toHaveLength(1);
      // Absent in both forms is absent.
      expect(await side.facts(`up/no-${NAME}`, signal)).toBeUndefined();
      await side.close();
    }
    expect(waysOf(host).has(form)).toBe(true);
  });

  test("stores a file with octet 255 in its name under that name", async () => {
    await using server = await started();
    server.tree.makeDirectory("/up");
    const directory = await mkdtemp(join(tmpdir(), "fxpd-255-"));
    await writeFile(join(directory, "a"), "bytes");
    const side = new FtpSide(settingsFor("zoo", server), { clock: systemClock });
    try {
      const ends = {
        source: { side: new LocalSide(), path: join(directory, "a") },
        target: { side, path: `up/${NAME}` },
      };
      const context = {
        policy: POLICY,
        route: await newRoute(),
        ledger: memoryLedger("test"),
        clock: systemClock,
      };
      await transferFile(ends, context, AbortSignal.timeout(20_000));
      expect((server.tree.list("/up") ?? []).map(({ name }) => name)).toEqual([NAME]);
    } finally {
      await side.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
