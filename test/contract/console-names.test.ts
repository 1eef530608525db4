import { spawn } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { receivedName } from "../../src/console/grammar/names.ts";
import { quoteWord } from "../../src/console/grammar/words.ts";
import { newSession } from "../../src/console/session.ts";
import { debianPackages } from "../servers/debian.ts";
import { ConsoleDesk } from "../support/console.ts";
import { scriptedServer } from "../support/scripted-server.ts";

// `case`, `ntrans` and `nmap` name files as tnftp does: one process of it receives a file for each of these cases, and what
// it called the files is what we would have called them.

interface Case {
  readonly name: string;
  readonly isCase: boolean;
  readonly ntrans: readonly [from: string, to: string] | undefined;
  readonly nmap: readonly [from: string, to: string] | undefined;
}

const text = (letters: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength });
const pieces = (few: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...few), { minLength: 1, maxLength }).map((all) => all.join(""));

const name = fc.oneof(text("ABC.-_1", 9), text("abAB.-_ 1", 9));
const isCase = fc.boolean();
const undefinedOnly = fc.constant(undefined);

// Behind `case` or `ntrans`, tnftp's `nmap` overwrites the name while it reads it, so that it is compared alone.
const cases: fc.Arbitrary<Case> = fc.oneof(
  fc.record({
    name,
    isCase,
    ntrans: fc.option(fc.tuple(text("aAbB._ -", 4), text("xyXY_", 4)), { nil: undefined }),
    nmap: undefinedOnly,
  }),
  fc.record({
    name,
    isCase: fc.constant(false),
    ntrans: undefinedOnly,
    nmap: fc.tuple(
      pieces(["$1", "$2", "$3", ".", "-", "_", "a", "B", "\\."], 6),
      pieces(["$0", "$1", "$2", "$3", ".", "-", "x", "[$1,$2]", "[$2,none]", "[$4,z]", "\\$"], 6),
    ),
  }),
);

function expectedOf({ name, isCase, ntrans, nmap }: Case): string {
  const session = newSession();
  const mapOf = (pair: Case["nmap"]) => pair && { from: pair[0], to: pair[1] };
  const toggles = { ...session.toggles, case: isCase };
  return receivedName(name, { ...session, toggles, ntrans: mapOf(ntrans), nmap: mapOf(nmap) });
}

/** Names that a person has to type, here; tnftp would take some of them for a command, the console or a directory. */
const isPlain = (name: string) => /^[^-|.~ ]/.test(name);

test("case and ntrans, in this order, and nmap make of names what tnftp makes of them", async () => {
  const drawn = fc.sample(cases, { seed: 17, numRuns: 600 });
  const chosen = drawn.filter((one) => isPlain(one.name) && isPlain(expectedOf(one)));
  await using server = await scriptedServer({
    RETR: async (session) => {
      session.reply("150 here it comes");
      await session.send(Buffer.from("x"));
      session.reply("226 done");
    },
  });
  await using desk = await ConsoleDesk.open();
  const lines = ["user me secret", "binary", "epsv4 off", "preserve off"];
  for (const [at, { name, isCase, ntrans, nmap }] of chosen.entries()) {
    await mkdir(join(desk.path, `${at}`));
    lines.push(`lcd ${join(desk.path, `${at}`)}`, `case ${isCase ? "on" : "off"}`);
    lines.push(["ntrans", ...(ntrans ?? []).map(quoteWord)].join(" "));
    // As they are: nmap knows no quotes.
    lines.push(["nmap", ...(nmap ?? [])].join(" "));
    lines.push(`get ${quoteWord(name)}`);
  }
  const tnftp = await debianPackages(["tnftp"]);
  const env = {
    PATH: process.env["PATH"],
    HOME: desk.path,
    LD_LIBRARY_PATH: tnftp.libraryPath,
    TERM: "dumb",
  };
  const child = spawn(tnftp.find("bin/tnftp"), ["-inp", server.address, String(server.port)], {
    cwd: desk.path,
    env,
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise((tell) => child.once("close", tell));
  child.stdin.end(`${lines.join("\n")}\nbye\n`);
  await ended;
  const made = await Promise.all(chosen.map((_, at) => readdir(join(desk.path, `${at}`))));
  const differing = chosen.flatMap((one, at) => {
    const local = made[at]?.join(" / ");
    return local === expectedOf(one)
      ? []
      : [JSON.stringify({ ...one, at, theirs: local, ours: expectedOf(one) })];
  });
  expect(differing.slice(0, 12).join("\n"), said.slice(-200)).toBe("");
});
