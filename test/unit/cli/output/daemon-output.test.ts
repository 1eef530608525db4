import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
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
