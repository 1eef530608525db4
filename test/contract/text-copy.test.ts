import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { OwnPool } from "../../src/batch/pool.ts";
import { CopyOptions } from "../../src/config/schema/options.ts";
import { copy } from "../../src/copy/copy.ts";
import type { TranscriptLine } from "../../src/ftp/connection/transcript.ts";
import { copyRequestOf } from "../../src/wiring/requests.ts";
import { type RunningServer, startServers } from "../servers/index.ts";
import { copyDeps } from "../support/edges.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted-server.ts";

let started: Awaited<ReturnType<typeof startServers>>;
let work: string;

beforeAll(async () => {
  started = await startServers([{ family: "proftpd" }, { family: "pyftpdlib" }, { family: "proftpd" }]);
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
});
beforeEach(async () => void (work = await mkdtemp(join(tmpdir(), "fxpd-text-"))));
afterEach(() => rm(work, { recursive: true, force: true }));

const UNIX = "one\ntwo\n\nlone\rreturn\nno last line end";
const NVT = UNIX.replaceAll("\n", "\r\n");

const urlOf = ({ address, port, user, password }: RunningServer, path: string) =>
  `ftp://${user}:${password}@${address}:${port}/${path}`;

async function copied(from: string, to: string, options: object = {}, transcript: TranscriptLine[] = []) {
  const request = await copyRequestOf(
    {
      ...{ sources: [from], target: to, dryRun: false },
      options: CopyOptions.parse({ type: "ascii", verify: "digest", retries: 0, ...options }),
      directories: { config: work, jobs: work },
    },
    { transcript: (line) => void transcript.push(line) },
  );
  const { deps, events } = copyDeps({ pool: new OwnPool() });
  const summary = await copy(request, deps, new AbortController().signal);
  return { summary, transfer: events.find((one) => one.event === "transfer") };
}

/** The commands to one server that say in which type it is, and those that move bytes. */
const turnsOf = (transcript: readonly TranscriptLine[], host: string) =>
  transcript
    .filter((line) => line.from === "us" && line.host.endsWith(host))
    .map(({ text }) =>
      text
        .split(" ", 2)
        .join(" ")
        .replace(/^(RETR|STOR|SIZE|MLST|MDTM).*/, "$1"),
    )
    .filter((text) => /^(TYPE|RETR|STOR|SIZE)/.test(text));

describe("copy --type ascii", () => {
  test.each([
    ["third-party", "only"],
    ["relay", "never"],
  ] as const)("%s: both servers are in TYPE A for the bytes, and in TYPE I for all else", async (by, fxp) => {
    const [source, , target] = started.servers;
    if (source === undefined || target === undefined) throw new Error("no servers");
    await writeFile(join(source.root, `${by}.txt`), UNIX);
    const transcript: TranscriptLine[] = [];
    const { summary, transfer } = await copied(
      urlOf(source, `${by}.txt`),
      urlOf(target, `${by}.txt`),
      { fxp },
      transcript,
    );
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 1 } });
    expect(transfer).toMatchObject({
      by,
      digest: null,
      because: expect.stringContaining("sizes are not compared"),
    });
    expect(await readFile(join(target.root, `${by}.txt`), "utf8")).toBe(UNIX);
    for (const [server, verb] of [
      [source, "RETR"],
      [target, "STOR"],
    ] as const) {
      const turns = turnsOf(transcript, `${server.address}:${server.port}`);
      const at = turns.indexOf(verb);
      expect(turns.slice(at - 1, at + 2)).toEqual(["TYPE A", verb, "TYPE I"]);
    }
    expect((await readdir(target.root)).filter((name) => name.startsWith(".fxpd-"))).toEqual([]);
  });

  test("to and from this machine, whose lines end in LF alone", async () => {
    for (const server of started.servers.slice(0, 2)) {
      await writeFile(join(work, "up.txt"), UNIX);
      expect((await copied(join(work, "up.txt"), urlOf(server, "up.txt"))).summary.outcome).toBe("succeeded");
      expect(await readFile(join(server.root, "up.txt"), "utf8")).toBe(UNIX);
      expect((await copied(urlOf(server, "up.txt"), join(work, "down.txt"))).summary.outcome).toBe(
        "succeeded",
      );
      expect(await readFile(join(work, "down.txt"), "utf8")).toBe(UNIX);
    }
  });

  test("a server that stores what it gets has CR LF, and nothing is compared with the shorter source", async () => {
    await using server: ScriptedServer = await scriptedServer({});
    await writeFile(join(work, "up.txt"), UNIX);
    const { summary } = await copied(
      join(work, "up.txt"),
      `ftp://me:pw@${server.address}:${server.port}/up.txt`,
    );
    expect(summary.outcome).toBe("succeeded");
    expect([...server.files].find(([name]) => name.endsWith("up.txt"))?.[1].toString()).toBe(NVT);
  });

  test("a server that refuses TYPE A gets no file", async () => {
    await using server = await scriptedServer({
      TYPE: (session, argument) => session.reply(argument === "A" ? "504 No" : "200 ok"),
    });
    await writeFile(join(work, "up.txt"), UNIX);
    const { summary, transfer } = await copied(
      join(work, "up.txt"),
      `ftp://me:pw@${server.address}:${server.port}/up.txt`,
    );
    expect(summary.outcome).not.toBe("succeeded");
    expect(transfer).toMatchObject({ outcome: "failed", because: expect.stringContaining("504 No") });
    expect(server.commands.filter((one) => one.startsWith("STOR"))).toEqual([]);
  });

  test("a source is kept, since the copy of a text cannot be proven", async () => {
    await expect(copied("/a", "/b", { sourceAfter: "delete" })).rejects.toThrow(
      "--source-after: is not possible",
    );
  });

  test("a digest cannot be required of texts", async () => {
    await expect(copied("/a", "/b", { verify: "require-digest" })).rejects.toThrow(
      "require-digest is not possible",
    );
  });
});
