import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FAMILIES, type Family, type RunningServer, startServers } from "../servers/index.ts";
import { moveOne } from "../support/pair.ts";

let started: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  started = await startServers([
    ...FAMILIES.map((family) => ({ family })),
    ...FAMILIES.map((family) => ({ family, foreign: "refused" as const })),
  ]);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});

function server(family: Family, foreign: "allowed" | "refused"): RunningServer {
  const found = started.servers[FAMILIES.indexOf(family) + (foreign === "refused" ? 4 : 0)];
  if (found === undefined) throw new Error(`no ${family}`);
  return found;
}

describe.each(FAMILIES)("%s with its defaults against bounce attacks", (family) => {
  const other = family === "vsftpd" ? "proftpd" : "vsftpd";

  test.each(["source", "target"] as const)(
    "as the %s gets the file through the relay, and the record says why",
    async (role) => {
      const strict = server(family, "refused");
      const open = server(other, "allowed");
      const [source, target] = role === "source" ? [strict, open] : [open, strict];
      const name = `relayed as ${role}`;
      await writeFile(join(source.root, name), `from ${source.family}`);
      const moved = await moveOne({ source, target, from: name, to: name });
      expect(moved).toMatchObject({
        by: "relay",
        method: null,
        because: expect.stringMatching(/(source|target)-pasv: .*(source|target)-pasv: /s),
      });
      expect(await readFile(join(target.root, name), "utf8")).toBe(`from ${source.family}`);
      expect((await readdir(target.root)).filter((one) => one.startsWith(".fxpd"))).toEqual([]);
    },
  );

  test("under `only` is an error that quotes it, and nothing is left behind", async () => {
    const [source, target] = [server(other, "allowed"), server(family, "refused")];
    await writeFile(join(source.root, "only"), "x");
    const refused = moveOne({ source, target, from: "only", to: "only", policy: { fxp: "only" } });
    await expect(refused).rejects.toThrow(
      /^source → target: third-party transfer not possible \(--fxp only\): (source-pasv: target: PORT .* 50[01] .*target-pasv: |target-pasv: .*source-pasv: target: PORT .* 50[01] )/s,
    );
    expect(await readdir(target.root)).not.toContain("only");
  });
});
