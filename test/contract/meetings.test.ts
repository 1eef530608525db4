import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TranscriptLine } from "../../src/ftp/connection/transcript.ts";
import type { HostSettings, TlsPolicy } from "../../src/ftp/settings.ts";
import { retryOfError } from "../../src/transfer/errors.ts";
import type { Moved } from "../../src/transfer/policy.ts";
import {
  FAMILIES,
  type Family,
  type RunningServer,
  type ServerOptions,
  startServers,
} from "../servers/index.ts";
import { moveOne } from "../support/pair.ts";

/** What a server is like: whether it has TLS, and what it thinks of third parties. */
interface Habit extends Omit<ServerOptions, "family"> {
  /** Which servers can be like that; absent: all of them. */
  readonly families?: readonly Family[];
}

const HABITS = {
  open: {},
  strict: { foreign: "refused" },
  "strict as active side": { settings: ["port_promiscuous=NO"], families: ["vsftpd"] },
  "strict as passive side": { settings: ["pasv_promiscuous=NO"], families: ["vsftpd"] },
  tls: { tls: "explicit" },
  "tls strict": { tls: "explicit", foreign: "refused" },
  "tls reuse": { tls: "reuse", families: ["vsftpd", "proftpd"] },
  "tls 1.2": { tls: "explicit", settings: ["TLSProtocol TLSv1.2"], families: ["proftpd"] },
} as const satisfies Readonly<Record<string, Habit>>;
type HabitName = keyof typeof HABITS;

/** One way in which two servers stand to each other, and what each of them is asked for. */
interface Column {
  readonly name: string;
  readonly source: HabitName;
  readonly target: HabitName;
  readonly policies: readonly [TlsPolicy, TlsPolicy];
}

const [OFF, BOTH]: readonly (readonly [TlsPolicy, TlsPolicy])[] = [
  ["off", "off"],
  ["required", "required"],
] as const;
const TABLES: Readonly<Record<string, readonly Column[]>> = {
  "In clear": [
    { name: "foreign addresses accepted", source: "open", target: "open", policies: OFF },
    { name: "refused by the source", source: "strict", target: "open", policies: OFF },
    { name: "refused by the target", source: "open", target: "strict", policies: OFF },
    { name: "refused by both", source: "strict", target: "strict", policies: OFF },
  ],
  "In clear, refused in one direction only": [
    { name: "PORT by the source", source: "strict as active side", target: "open", policies: OFF },
    { name: "PORT by the target", source: "open", target: "strict as active side", policies: OFF },
    { name: "a passive source", source: "strict as passive side", target: "open", policies: OFF },
    { name: "a passive target", source: "open", target: "strict as passive side", policies: OFF },
  ],
  "TLS on one side": [
    { name: "source requires it", source: "tls", target: "open", policies: ["required", "off"] },
    { name: "target requires it", source: "open", target: "tls", policies: ["off", "required"] },
    { name: "source prefers it", source: "tls", target: "open", policies: ["prefer", "off"] },
    { name: "target prefers it", source: "open", target: "tls", policies: ["off", "prefer"] },
    {
      name: "source prefers it, target refuses",
      source: "tls",
      target: "strict",
      policies: ["prefer", "off"],
    },
  ],
  "TLS on both sides, required": [
    { name: "foreign addresses accepted", source: "tls", target: "tls", policies: BOTH },
    { name: "refused by the source", source: "tls strict", target: "tls", policies: BOTH },
    { name: "refused by the target", source: "tls", target: "tls strict", policies: BOTH },
    { name: "session reuse demanded by the source", source: "tls reuse", target: "tls", policies: BOTH },
    { name: "session reuse demanded by the target", source: "tls", target: "tls reuse", policies: BOTH },
  ],
  "TLS 1.2 on both sides, required": [
    { name: "source without TLS 1.3", source: "tls 1.2", target: "tls", policies: BOTH },
    { name: "target without TLS 1.3", source: "tls", target: "tls 1.2", policies: BOTH },
    { name: "neither with TLS 1.3", source: "tls 1.2", target: "tls 1.2", policies: BOTH },
  ],
  "TLS on both sides, preferred": [
    { name: "foreign addresses accepted", source: "tls", target: "tls", policies: ["prefer", "prefer"] },
  ],
};

const started: Map<string, RunningServer> = new Map();
let stop: Awaited<ReturnType<typeof startServers>>;

beforeAll(async () => {
  const wanted = FAMILIES.flatMap((family) =>
    (Object.keys(HABITS) as HabitName[])
      .filter((habit) => canBe(family, habit))
      // Two of each, so that a server meets its own kind at another address.
      .flatMap((habit) => [1, 2].map((which) => ({ key: `${family} ${habit} ${which}`, family, habit }))),
  );
  stop = await startServers(wanted.map(({ family, habit }) => ({ family, ...HABITS[habit] })));
  for (const [index, { key }] of wanted.entries()) started.set(key, stop.servers[index] as RunningServer);
});
afterAll(async () => {
  await stop[Symbol.asyncDispose]();
});

function canBe(family: Family, habit: HabitName): boolean {
  const { families }: Habit = HABITS[habit];
  return families?.includes(family) ?? true;
}

function server(family: Family, habit: HabitName, which: 1 | 2): RunningServer {
  const found = started.get(`${family} ${habit} ${which}`);
  if (found === undefined) throw new Error(`no ${family} that is ${habit}`);
  return found;
}

async function tlsOf({ caFile }: RunningServer, policy: TlsPolicy): Promise<HostSettings["tls"]> {
  const authorities = caFile === undefined ? {} : { authorities: await readFile(caFile, "utf8") };
  return { policy, start: "explicit", verify: true, ...authorities };
}

/** What must come of a meeting, by what these servers are measured to do (RFC 4217 leaves the rest out). */
function expectedOf(source: Family, target: Family, column: Column): "third-party" | "relay" {
  const [one, two] = column.policies;
  if ([column.source, column.target].some((habit) => /strict$/.test(habit))) return "relay";
  if (one !== "required" && two !== "required") return "third-party";
  if (one === "off" || two === "off") return "relay";
  // Only ProFTPD can be TLS client, and a server that demands its session again is not content with a stranger.
  if (target === "proftpd" && column.source !== "tls reuse") return "third-party";
  // As source it cuts files short where TLS 1.3 is spoken.
  const isOld = column.source === "tls 1.2" || column.target === "tls 1.2";
  return source === "proftpd" && isOld && column.target !== "tls reuse" ? "third-party" : "relay";
}

/** As a copy does it: pyftpdlib sometimes leaves an active session without an answer, and may not the next time. */
async function again(move: () => Promise<Moved>): Promise<Moved> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await move();
    } catch (error) {
      if (tries === 3 || retryOfError(error) === "never") throw error;
    }
  }
}

async function meet(from: Family, to: Family, column: Column): Promise<Moved> {
  const [source, target] = [server(from, column.source, 1), server(to, column.target, 2)];
  const content = Buffer.alloc(300_000, `${from} to ${to}, ${column.name} `);
  await writeFile(join(source.root, "met"), content);
  const [one, two] = column.policies;
  const each = {
    source: { tls: await tlsOf(source, one) },
    target: { tls: await tlsOf(target, two) },
  };
  const said: string[] = [];
  const transcript = (line: TranscriptLine) =>
    void (line.from === "us" && said.push(`${line.host} ${line.text}`));
  const moving = { source, target, from: "met", to: `met ${column.name}`, each, transcript };
  const moved = await again(() => moveOne(moving));
  // Promise 5: a host that requires TLS is never asked for a data connection in clear.
  if (one === "required") expect(said).not.toContain("source PROT C");
  if (two === "required") expect(said).not.toContain("target PROT C");
  const names = await readdir(target.root);
  expect(names.filter((name) => name.startsWith(".fxpd-"))).toEqual([]);
  expect((await readFile(join(target.root, `met ${column.name}`))).equals(content)).toBe(true);
  return moved;
}

const PAIRS = FAMILIES.flatMap((source) => FAMILIES.map((target) => ({ source, target })));
const cells = new Map<string, string>();

function exists(source: Family, target: Family, column: Column): boolean {
  return canBe(source, column.source) && canBe(target, column.target);
}

describe.each(Object.entries(TABLES))("two servers meet: %s", (table, columns) => {
  describe.each(columns)("$name", (column) => {
    const pairs = PAIRS.filter(({ source, target }) => exists(source, target, column));
    test.each(pairs)("$source → $target", async ({ source, target }) => {
      const moved = await meet(source, target, column);
      expect(moved.by, moved.because).toBe(expectedOf(source, target, column));
      // Promise 5: what is required is private all the way, and the record says what was.
      const isRequired = column.policies.every((policy) => policy === "required");
      if (isRequired) expect(moved.protected).toBe(true);
      if (moved.by === "third-party") expect(moved.protected).toBe(moved.method?.includes("+") === true);
      cells.set(`${table}/${column.name}/${source}/${target}`, moved.method ?? "relay");
    });
  });
});

test("the table of meetings in the documentation is what was met", async () => {
  const parts = Object.entries(TABLES).map(([table, columns]) => {
    const head = ["source → target", ...columns.map(({ name }) => name)];
    const met = PAIRS.filter(({ source, target }) =>
      columns.some((column) => exists(source, target, column)),
    );
    const rows = met.map(({ source, target }) => [
      `${source} → ${target}`,
      ...columns.map(({ name }) => cells.get(`${table}/${name}/${source}/${target}`) ?? ""),
    ]);
    const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
    return `## ${table}\n\n${lines.join("\n")}\n`;
  });
  await expect(`${INTRODUCTION}\n${parts.join("\n")}`).toMatchFileSnapshot("meetings.md");
});

const INTRODUCTION = `# How two servers meet

Written by \`meetings.test.ts\`, which moves a file through every cell and compares it on the disk. A cell says by which
method the bytes went from server to server, or that they went through us (relay). \`target-pasv\`: the target listens
(PASV) and the source connects; \`+target-sscn\`: over TLS, in which the target takes the client's part (SSCN).

vsftpd 3.0.3, ProFTPD 1.3.8, Pure-FTPd 1.0.50 and pyftpdlib 1.5.7. One that refuses foreign addresses refuses PORT in words;
as passive side vsftpd, ProFTPD and pyftpdlib answer 425, and Pure-FTPd falls silent.
`;
