import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConsoleDesk } from "../support/console.ts";
import { type Script, scriptedServer } from "../support/scripted-server.ts";

type Event = Readonly<Record<string, unknown>> & { readonly event: string };

/** What a console tells programs of a script, and what else it says. */
async function told(script: string, answers: Script = {}, args: readonly string[] = []) {
  await using server = await scriptedServer({
    LIST: async (session) => {
      session.reply("150 here it comes");
      await session.send(Buffer.from("-rw-r--r-- 1 me me 6 Nov 1 2026 hello.txt\r\nlast line"));
      session.reply("226 done");
    },
    ...answers,
  });
  server.files.set("/hello.txt", Buffer.from("hello\n"));
  await using desk = await ConsoleDesk.open();
  await writeFile(join(desk.path, "up.txt"), "up\n");
  const at = [server.address, String(server.port)];
  const { status, out, err } = await desk.run(
    ["-n", "--json", ...args, ...at],
    `user me secret-word-9\n${script}`,
  );
  const events = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Event);
  return { status, out, err, events, of: (name: string) => events.filter(({ event }) => event === name) };
}

test("--json tells each command and how it ended, without passwords, and ends with a summary", async () => {
  const { status, out, events, of } = await told("# a comment\n\npwd\ndelete nope\nbye");
  expect(status).toBe(1);
  expect(out).not.toContain("secret-word-9");
  expect(of("command").map(({ line }) => line)).toEqual([
    expect.stringMatching(/^open /),
    "user me",
    "pwd",
    "delete nope",
    "bye",
  ]);
  expect(of("result").map(({ outcome }) => outcome)).toEqual([
    ...["succeeded", "succeeded", "succeeded", "failed", "succeeded"],
  ]);
  expect(events.at(-1)).toMatchObject({
    event: "summary",
    outcome: "partial",
    commands: { succeeded: 4, failed: 1 },
  });
  for (const { at } of events) expect(at).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test("replies have a code and their lines; failures are reported on standard error as well", async () => {
  const { of, err } = await told("site help\ndelete nope\nbye", {
    SITE: ["214-First", "second", "214 last"],
  });
  expect(of("reply")).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ command: "PASS XXXX", code: 230, lines: ["in"] }),
      expect.objectContaining({ command: "SITE help", code: 214, lines: ["First", "second", "last"] }),
      expect.objectContaining({ command: "DELE nope", code: 550 }),
    ]),
  );
  expect(of("fault")).toEqual([expect.objectContaining({ because: "no such file" })]);
  expect(err).toBe("no such file\n");
});

test("a file is reported as by copy: start, then transfer with its outcome", async () => {
  const { of } = await told("get hello.txt\nput up.txt\nget nope\nbye");
  const source = expect.stringMatching(/^127\..*:hello\.txt$/) as string;
  expect(of("start")).toHaveLength(3);
  expect(of("transfer")).toEqual([
    expect.objectContaining({ source, outcome: "succeeded", by: "relay", bytes: 6 }),
    expect.objectContaining({ source: expect.stringMatching(/up\.txt$/), outcome: "succeeded", bytes: 3 }),
    expect.objectContaining({ outcome: "failed", by: null, because: expect.stringContaining("nope") }),
  ]);
});

test("a listing is reported line by line, a displayed file in base64, and everything else as output", async () => {
  const { of } = await told("ls\nget /hello.txt -\nstatus\nbye");
  expect(of("listing").map(({ line }) => line)).toEqual([
    "-rw-r--r-- 1 me me 6 Nov 1 2026 hello.txt",
    "last line",
  ]);
  expect(of("data")).toEqual([
    expect.objectContaining({
      path: "/hello.txt",
      from: 0,
      base64: Buffer.from("hello\n").toString("base64"),
    }),
  ]);
  expect(of("note")).toEqual([expect.objectContaining({ because: expect.stringContaining("not verified") })]);
  expect(of("output")[0]?.["text"]).toContain("Connected to");
});
