import { expect, test } from "vitest";
import { deskHere } from "../support/desk-here.ts";
import { treeServer } from "../support/tree-server.ts";

test("commands on files by name: what they print, and their exit statuses", async () => {
  await using server = await treeServer();
  await using desk = await deskHere({ edge: server });
  const [made, touched] = [
    await desk.fxpd("mkdir", "-p", "edge:/pub/a"),
    await desk.fxpd("touch", "edge:/pub/a/x", "edge:/pub/y"),
  ];
  expect([made, touched].map(({ status, out, err }) => [status, out, err])).toEqual([
    [0, "", ""],
    [0, "", ""],
  ]);
  const listed = await desk.fxpd("ls", "-R", "--json", "--total", "edge:/pub");
  expect(listed.events.map(({ name }) => name)).toEqual(["a", "a/x", "y", undefined, undefined]);
  expect(listed.summary).toMatchObject({ outcome: "succeeded", files: { failed: 0 } });
  const none = await desk.fxpd("ls", "--json", "edge:/none");
  expect(none).toMatchObject({
    status: 1,
    summary: { outcome: "failed", because: expect.stringContaining("/none") },
  });
  const away = await desk.fxpd(
    "ls",
    "--json",
    "ftp://me@127.77.0.1:9/x",
    "--timeout",
    "1s",
    "--retries",
    "0",
  );
  expect(away).toMatchObject({ status: 3, summary: { outcome: "failed" } });
  expect(listed.events.at(-2)).toMatchObject({ event: "total", files: 2, directories: 1, bytes: 0 });

  const partial = await desk.fxpd("cat", "--json", "edge:/pub/y", "edge:/pub/none");
  expect(partial).toMatchObject({ status: 1, summary: { outcome: "partial", files: { failed: 1 } } });
  const across = await desk.fxpd("mv", "edge:/pub/y", "./y");
  expect(across).toMatchObject({ status: 2, err: expect.stringContaining("use fxpd move edge:/pub/y ./y") });
  const alone = await desk.fxpd("du", "ftp://me@127.77.0.1:9/x", "--timeout", "1s", "--retries", "0");
  expect(alone.status).toBe(3);

  for (const refused of [["edge:/"], ["edge:"], ["--max-delete", "1", "edge:/pub"]]) {
    const ended = await desk.fxpd("rm", "-r", "--json", ...refused);
    expect(ended).toMatchObject({ status: 4, summary: { outcome: "refused", files: { deleted: 0 } } });
  }
  const removed = await desk.fxpd("rm", "-r", "--json", "edge:/pub");
  expect(removed).toMatchObject({ status: 0, summary: { outcome: "succeeded", files: { deleted: 2 } } });
  expect([...(server.tree.list("/") ?? [])]).toEqual([]);
});

test("clean says what it found, how large and old it is, and why it went or stays", async () => {
  const part = ".fxpd-0123456789abcdef-someone.part";
  await using server = await treeServer();
  await using desk = await deskHere({ edge: server });
  const old = Date.UTC(2020, 0, 1);
  server.tree.makeDirectory("/pub", old);
  server.tree.write(`/pub/${part}`, Buffer.from("bytes"), old);
  server.tree.write("/pub/.fxpd-0123456789ab.probe", Buffer.from("bytes"), old);
  server.tree.write("/pub/mine", Buffer.from("mine"), old);
  const shown = await desk.fxpd("clean", "edge:/pub");
  expect([shown.status, shown.err]).toEqual([0, ""]);
  const lines = shown.out.trimEnd().split("\n");
  expect(lines).toEqual([
    expect.stringMatching(
      /^delete edge:\/pub\/\.fxpd-0123456789ab\.probe \(5 B, \d+ d .*old\): test file of/,
    ),
    expect.stringMatching(
      /^keep edge:\/pub\/\.fxpd-0123456789abcdef-someone\.part \(5 B, .*\): belongs to another/,
    ),
  ]);
  const all = await desk.fxpd("clean", "--all", "--json", "edge:/pub");
  expect(all).toMatchObject({
    status: 0,
    summary: { outcome: "succeeded", files: { deleted: 1, skipped: 0 } },
  });
  expect(all.events[0]).toMatchObject({
    event: "action",
    action: "delete",
    path: `edge:/pub/${part}`,
    target: { size: 5 },
  });
  expect([...(server.tree.list("/pub") ?? [])].map(({ name }) => name)).toEqual(["mine"]);
  expect((await desk.fxpd("clean", "--older-than", "soon", "edge:/pub")).status).toBe(2);
});
