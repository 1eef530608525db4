import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const FILES = 500;

let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-unread-"));
  await mkdir(join(work, "files"));
  for (let index = 0; index < FILES; index += 1) await writeFile(join(work, "files", `${index}`), `${index}`);
});

afterAll(() => rm(work, { recursive: true, force: true }));

/** Runs fxpd; its reader goes after the first chunk, or before it. */
function fxpd(args: readonly string[], goes: "at once" | "after a chunk" | "never") {
  const env = { ...process.env, FXPD_STATE: join(work, "state"), FXPD_CONFIG: work };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: work, env });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  if (goes === "at once") child.stdout.destroy();
  else child.stdout.once("data", () => (goes === "never" ? child.stdout.resume() : child.stdout.destroy()));
  return new Promise<{ readonly status: number | null; readonly complaint: string }>((resolve) =>
    child.once("close", (status) => resolve({ status, complaint })),
  );
}

describe("fxpd whose reader has gone", () => {
  test.each([["--help"], ["copy --help"], ["--version"], ["ls ./files"]])(
    "ends %s as SIGPIPE would, without a stack",
    async (line) => {
      const { status, complaint } = await fxpd(line.split(" "), "at once");
      expect({ status, complaint }).toEqual({ status: 141, complaint: "" });
    },
  );

  test("leaves no half of a file under its name, and the next copy has them all", async () => {
    const { status, complaint } = await fxpd(["copy", "./files/*", "./copies/"], "after a chunk");
    expect(status).toBe(141);
    expect(complaint).not.toMatch(/EPIPE|^\s+at /m);
    for (const name of (await readdir(join(work, "copies"))).filter((one) => !one.startsWith(".")))
      expect(await readFile(join(work, "copies", name), "utf8")).toBe(name);
    const again = await fxpd(["copy", "./files/*", "./copies/"], "never");
    expect(again).toMatchObject({ status: 0 });
    expect((await readdir(join(work, "copies"))).sort()).toEqual((await readdir(join(work, "files"))).sort());
  });
});
