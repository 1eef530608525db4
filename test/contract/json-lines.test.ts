import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { commandsScene, type CommandsScene } from "../support/commands-scene.ts";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { type Script, scriptedServer } from "../support/scripted-server.ts";

// What `--json` writes, line by line, and what the README of the command line says of it.

interface Row {
  readonly commands: readonly string[];
  readonly events: string;
  readonly last: string;
}

async function rowsOfReadme(): Promise<readonly Row[]> {
  const text = await readFile(new URL("../../src/cli/README.md", import.meta.url), "utf8");
  const [, table = ""] =
    /\n\| commands +\| events +\| last line +\|\n\|[- |]+\|\n((?:\|.*\n)+)/.exec(text) ?? [];
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const [commands = "", events = "", last = ""] = line
        .split("|")
        .slice(1)
        .map((cell) => cell.trim());
      return { commands: [...commands.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name), events, last };
    });
}

let scene: CommandsScene;
let rows: readonly Row[];
const servers: AsyncDisposable[] = [];

beforeAll(async () => {
  scene = await commandsScene();
  rows = await rowsOfReadme();
  vi.stubEnv("FXPD_PW", "secret");
  await host("open");
  await host("closed", { PASS: "530 not you" });
});
afterEach(forgetSignals);
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
  await scene[Symbol.asyncDispose]();
});

async function host(name: string, script: Script = {}): Promise<void> {
  const server = await scriptedServer(script);
  servers.push(server);
  const keys = `address: ${server.address}\nport: ${server.port}\nuser: u\ntls: off\npasswordFrom: {env: FXPD_PW}\n`;
  await writeFile(join(scene.root, `config/hosts/${name}.yaml`), keys);
}

type Line = Readonly<Record<string, unknown>>;
async function linesOf(...args: readonly string[]): Promise<readonly Line[]> {
  const { out } = await fxpd(...args, "--json");
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** Each line has `event` and `at`; the events are those of the README, and the last line is as it says. */
function expectAsDocumented(command: string, lines: readonly Line[]): void {
  const row = rows.find(({ commands }) => commands.includes(command));
  expect(row, `${command} is in the table`).toBeDefined();
  expect(lines, command).not.toEqual([]);
  for (const line of lines)
    expect(line, command).toMatchObject({
      event: expect.any(String),
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  const events = lines.map(({ event }) => String(event));
  const hasSummary = row?.last.includes("`summary`") === true;
  expect(events.at(-1) === "summary", `${command}: ${events.join(", ")}`).toBe(hasSummary);
  if (row?.events.includes("as above") === true) return;
  for (const event of hasSummary ? events.slice(0, -1) : events)
    expect(row?.events, `${command}: ${event}`).toContain(event === "action" ? "`action`" : `\`${event}\``);
}

const at = (path: string) => join(scene.root, path);

describe("commands without the daemon", () => {
  test.each<[string, () => readonly string[]]>([
    ["copy", () => [at("a/one"), at("b/")]],
    ["copy", () => [at("a/none"), at("b/")]],
    ["mirror", () => [at("a"), at("c")]],
    ["diff", () => [at("a"), at("c")]],
    ["ls", () => [at("a"), "--total"]],
    ["ls", () => [at("none")]],
    ["cat", () => [at("a/one")]],
    ["du", () => [at("a")]],
    ["mkdir", () => [at("d")]],
    ["rm", () => [at("d/none")]],
    ["audit", () => []],
    ["audit", () => ["--verify"]],
    ["check", () => []],
    ["filter", () => ["a", "--include", "a"]],
    ["doctor", () => ["closed:", "closed:"]],
    ["host test", () => ["open:"]],
    ["host test", () => ["closed:"]],
    ["next", () => []],
    ["probe", () => ["--read-only", "open"]],
    ["routes", () => []],
  ])("%s", async (command, words) => {
    expectAsDocumented(command, await linesOf(...command.split(" "), ...words()));
  });
});

test("commands about runs and schedules write rows, and no summary", async () => {
  const [submitted] = await linesOf("submit", "nightly");
  const id = String(submitted?.["id"]);
  expectAsDocumented("submit", [submitted ?? {}]);
  for (const [command, ...words] of [
    ["runs"],
    ["show", id],
    ["pause", id],
    ["resume", id],
    ["pause", "nightly"],
    ["resume", "nightly"],
    ["skip", "nightly"],
    ["cancel", id],
    ["history", "nightly"],
    ["history", "nightly", "--days"],
    ["workers"],
  ] as const)
    expectAsDocumented(command, await linesOf(command, ...words));
});
