import { expect, test } from "vitest";
import { Desk } from "../../support/desk.ts";
import { treeServer } from "../../support/tree-server.ts";

test.each([
  ["copy", "--fxp", "never", "--parallel", "1", "plain:/pub/*", "secure:/private/*", "./"],
  ["copy", "--fxp", "never", "plain:/pub/*", "secure:/private/"],
  ["copy", "--fxp", "never", "secure:/private/*", "plain:/pub/"],
  ["mirror", "--fxp", "never", "plain:/pub/", "secure:/private/"],
])(
  "%s %s %s … says nothing of a host that requires TLS on the same account's clear connection",
  async (...line) => {
    await using server = await treeServer();
    for (const directory of ["/pub", "/private"]) {
      server.tree.makeDirectory(directory, 0);
      for (const name of ["a", "b", "c"])
        server.tree.write(`${directory}/${name}${directory.length}`, Buffer.from(name), 0);
    }
    await using desk = await Desk.open({ plain: server });
    await desk.introduce("secure", server, "tls: required");
    const { status, err } = await desk.fxpd(...line, "--retries", "0");
    expect(err).toMatch(/secure: .*TLS/);
    expect(status).not.toBe(0);
    expect(server.commands.filter((command) => command.includes("private"))).toEqual([]);
  },
);
