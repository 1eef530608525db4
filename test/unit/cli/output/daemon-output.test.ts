import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { expect, test } from "vitest";

const MODULE = new URL("../../../../src/cli/output/daemon-output.ts", import.meta.url).href;
const REGISTER = new URL("../../../../.config/register.mjs", import.meta.url).href;

const argumentsFor = (script: string) => {
  const source = `import { daemonLogger } from ${JSON.stringify(MODULE)};\nconst log = daemonLogger(0);\n${script}`;
  return ["--import", REGISTER, "--input-type=module", "-e", source];
};

/** The messages in lines of a log. */
const messagesIn = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { readonly msg: string }).msg);

/** The messages on standard error of a process that logs so, when it has ended. */
const logged = (script: string) =>
  messagesIn(spawnSync(process.execPath, argumentsFor(script), { encoding: "utf8" }).stderr);

test("lines that are gathered are written before the next other line", () => {
  const script = `log.batched({}, "one"); log.batched({}, "two"); log.warn({}, "three"); process.kill(process.pid, "SIGKILL");`;
  expect(logged(script)).toEqual(["one", "two", "three"]);
});

test("lines that are gathered are written when the process ends", () => {
  expect(logged(`log.batched({}, "one"); process.exit(0);`)).toEqual(["one"]);
});

test("lines that are gathered are written while the process goes on, also where nothing else is logged", async () => {
  const child = spawn(
    process.execPath,
    argumentsFor(`log.batched({}, "one"); setInterval(() => {}, 1_000);`),
  );
  try {
    const [chunk] = (await once(child.stderr, "data")) as [Buffer];
    expect(messagesIn(chunk.toString())).toEqual(["one"]);
  } finally {
    child.kill("SIGKILL");
  }
});

// A full disk, and a pipe whose reader has gone.
test.each(["/dev/full", "closed pipe"])(
  "a log that cannot be written holds nothing up (%s)",
  async (where) => {
    const script = `
    const { writeFileSync } = await import("node:fs");
    process.stdin.once("data", () => {
      for (let line = 0; line < 300; line += 1) log.batched({ text: "x".repeat(100) }, "one");
      log.warn({}, "two");
      writeFileSync(1, "goes on");
      process.exit(0);
    });
    writeFileSync(1, "ready;");`;
    const stderr = where === "/dev/full" ? await open(where, "w") : undefined;
    const child = spawn(process.execPath, argumentsFor(script), {
      stdio: ["pipe", "pipe", stderr?.fd ?? "pipe"],
      timeout: 30_000,
      killSignal: "SIGKILL",
    });
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error("no pipes");
    await once(stdout, "data");
    child.stderr?.destroy();
    let text = "";
    stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    stdin.end("go");
    expect(await once(child, "close")).toEqual([0, null]);
    expect(text).toBe("goes on");
    await stderr?.close();
  },
);
