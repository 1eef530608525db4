import { describe, expect, test } from "vitest";
import { ROWS } from "../../fixtures/console-rows.ts";
import { connected, play, type Played } from "../../support/console-world.ts";

describe("each row of the table of commands", () => {
  test.each(ROWS.map((row) => [row.command, row.lines.join("; "), row] as const))("%s: %s", (_, __, row) => {
    const played: Played = play(row.lines, row.world ?? {}, row.from ?? connected());
    if (row.sent !== undefined) expect(played.sent).toEqual(row.sent);
    if (row.moved !== undefined) expect(played.moved).toEqual(row.moved);
    if (row.questions !== undefined) expect(played.questions).toEqual(row.questions);
    if (row.out === "") expect(played.out).toBe("");
    else if (row.out !== undefined) expect(played.out).toContain(row.out);
    if (row.err !== undefined) expect(played.err).toContain(row.err);
    if (row.failures !== undefined)
      expect([played.session.failures, played.err]).toEqual([row.failures, played.err]);
  });

  test("open takes the port as a number or by the name of its service", () => {
    const opened = (port: string) => play(["close", `open x ${port}`]).session.servers.first?.name;
    expect(["2121", "ftp", "FTPS"].map(opened)).toEqual(["x:2121", "x:21", "x:990"]);
  });
});

describe("a reply that is no completion", () => {
  const SIMPLE = [
    "account a",
    "cd a",
    "cdup",
    "pwd",
    "mkdir a",
    "rmdir a",
    "delete a",
    "size a",
    "modtime a",
    "mlst a",
    "chmod 644 a",
    "umask",
    "idle",
    "site a",
    "rhelp",
    "rstatus",
    "system",
    "features",
    "remopts a",
    "smnt a",
    "allo 1",
    "abort",
    "ascii",
    "mode b",
    "struct r",
    "reinitialise",
    "reset",
  ];
  test.each(SIMPLE)("%s has failed, also where the server waits for another command (3yz)", (line) => {
    const verb = play([line]).sent[0]?.split(" ")[0] ?? "";
    for (const code of ["350", "450", "550", "631"]) {
      const { session, err } = play([line], { replies: { [verb]: `${code} so be it` } });
      expect([code, session.failures, err]).toEqual([code, 1, "so be it\n"]);
    }
    expect(play([line], { replies: { [verb]: "250 well" } }).session.failures).toBe(0);
  });
});
