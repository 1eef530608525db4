import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../src/console/command-table.ts";
import { connected, play } from "../../support/console-world.ts";

/** Commands of the BSD client and of its descendants that scripts and people know. */
const KNOWN = [
  "! $ ? abort account append ascii bell binary bye case cd cdup chmod close cr debug delete dir disconnect ebcdic edit epsv epsv4 epsv6 ipany ipv4 ipv6",
  "exit features fget form ftp gate get glob hash help idle image lcd less lpage lpwd ls macdef mdelete mdir mget mkdir",
  "mls mlsd mlst mode modtime more mput mreget msend newer nlist nmap ntrans open page passive pls preserve progress",
  "prompt proxy put pwd quit quote rate recv reget remopts rename reset restart rhelp rmdir rstatus runique send",
  "sendport set site size status struct sunique system tenex trace type umask unset usage user verbose xferbuf",
]
  .join(" ")
  .split(" ");

describe("the table of commands", () => {
  test("has each command that scripts and people know, and none twice", () => {
    const names = COMMANDS.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(KNOWN));
    expect(new Set(names).size).toBe(names.length);
  });

  test("help lists all of them", () => {
    const { out } = play(["help"]);
    expect(out).toContain("Commands may be abbreviated. Commands are:");
    const listed = out.split("\n").slice(1).join(" ").split(/\s+/);
    expect(listed).toEqual(expect.arrayContaining(COMMANDS.map(({ name }) => name)));
  });

  test.each(COMMANDS.map((command) => [command.name, command] as const))(
    "%s says in help what it does and which words it takes",
    (name, { help, usage }) => {
      const { out, session } = play([`help ${name}`]);
      expect(usage.split(" ")[0]).toBe(name);
      expect(out).toContain(help);
      expect(out).toContain(usage);
      expect(session.failures).toBe(0);
    },
  );

  test.each(COMMANDS.filter(({ needsServer }) => needsServer).map(({ name }) => name))(
    "%s without a server says so, and nothing is sent",
    (name) => {
      const { err, sent, session } = play([`${name} a b`], {}, connected("first", { servers: {} }));
      expect([err, sent, session.failures]).toEqual(["Not connected.\n", [], 1]);
    },
  );

  test.each(COMMANDS.filter(({ missing }) => missing.length > 0).map(({ name, usage }) => [name, usage]))(
    "%s without its words, at the end of a script, says which they are",
    (name, usage) => {
      const { err, sent, session } = play([name], {}, connected());
      expect([err, sent, session.failures]).toEqual([`usage: ${usage}\n`, [], 1]);
    },
  );
});

describe("examples", () => {
  test("mget RFC-18*.txt gets 1800 to 1899, each of them and no other", () => {
    const all = Array.from({ length: 300 }, (_, index) => `RFC-${1700 + index}.txt`);
    const toggles = { ...connected().toggles, prompt: false };
    const { moved } = play(["mget RFC-18*.txt"], { there: { "": all } }, connected("first", { toggles }));
    expect(moved).toEqual(
      Array.from(
        { length: 100 },
        (_, index) => `first:RFC-${1800 + index}.txt -> local:RFC-${1800 + index}.txt`,
      ),
    );
  });

  test("an anonymous login has an e-mail address as its password", () => {
    const { sent } = play(["user anonymous"], { replies: { USER: "331 send" }, answers: ["me@example.org"] });
    expect(sent).toEqual(["USER anonymous", "PASS me@example.org"]);
  });

  test("proxy open connects to a second server, beside the first", () => {
    const { session, sent } = play(["proxy open edge", "proxy close"]);
    expect(session.servers.first?.name).toBe("one");
    expect(sent.at(-1)).toBe("2:QUIT");
    expect(play(["proxy open edge"]).session.servers.second?.name).toBe("edge");
  });
});
