import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { DaemonFile } from "../../../src/config/schema/daemon.ts";
import { HostFile } from "../../../src/config/schema/hosts.ts";
import { formatDuration } from "../../../src/shared/units.ts";
import { MINIMUM_RATE, type Wait, WAITS } from "../../../src/shared/waits.ts";

const waits: readonly Wait[] = Object.values(WAITS);

function valueAt(value: unknown, key: string): unknown {
  return key.split(".").reduce((at, name) => (at as Record<string, unknown>)[name], value);
}

test("what is documented of waits is what bounds them", async () => {
  const readme = await readFile(new URL("../../../config/README.md", import.meta.url), "utf8");
  const [, section = ""] = /\n## Time limits\n([^]*?)(\n## |$)/.exec(readme) ?? [];
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  const cells = rows.slice(2).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  expect(cells).toEqual(
    waits.map(({ what, setting, ms, then }) => [
      what,
      setting === undefined ? "" : `\`${setting}\``,
      formatDuration(ms),
      then,
    ]),
  );
});

test("the settings that bound waits exist, with these defaults", () => {
  const files = [HostFile.parse({ address: "ftp.example.org" }), DaemonFile.parse({})];
  for (const { setting, ms } of waits) {
    if (setting === undefined) continue;
    const [host, daemon] = files.map((file) =>
      setting.split(".")[0] !== undefined && (setting.split(".")[0] ?? "") in file
        ? valueAt(file, setting)
        : undefined,
    );
    expect([setting, host ?? daemon]).toEqual([setting, ms]);
  }
  expect(files[0]).toMatchObject({ timeouts: { minimumRate: MINIMUM_RATE } });
});

test("every wait has an end", () => {
  for (const { what, ms } of waits) expect([what, Number.isFinite(ms) && ms > 0]).toEqual([what, true]);
});
