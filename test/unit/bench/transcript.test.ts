import { describe, expect, test } from "vitest";
import { count, countTurns, type Passage } from "../../bench/transcript.ts";

/** `A>PASV` is a chunk that the client writes on connection A, `A<227` one that arrives at the client. */
function conversation(...chunks: readonly string[]): readonly Passage[] {
  return chunks.map((chunk, index) => ({
    connection: chunk.charCodeAt(0),
    from: chunk[1] === ">" ? "client" : "server",
    atMs: index * 10,
    text: `${chunk.slice(2)}\r\n`,
  }));
}

describe("turns", () => {
  test("nothing said is no turn", () => {
    expect(countTurns([])).toBe(0);
  });

  test("a command after a greeting is a turn, and the reply to it makes none", () => {
    expect(countTurns(conversation("A<220", "A>USER", "A<331"))).toBe(1);
  });

  test("what is written before any server has said anything waited for nothing", () => {
    expect(countTurns(conversation("A>FEAT", "A<211"))).toBe(0);
  });

  test("commands written ahead of replies share a turn, in one chunk or in several", () => {
    const together = conversation("A<220", "A>USER\r\nPASS\r\nTYPE", "A<331", "A<230", "A<200");
    const apart = conversation("A<220", "A>USER", "A>PASS", "A>TYPE", "A<331", "A<230", "A<200");
    expect([countTurns(together), countTurns(apart)]).toEqual([1, 1]);
  });

  test("both control connections count together: a write to one after a reply of the other is a turn", () => {
    const file = ["A>PASV", "A<227", "B>PORT\r\nRETR", "A>STOR", "B<200", "A<150", "B<226", "A<226"];
    expect(countTurns(conversation("A<220", "B<220", ...file))).toBe(2);
    const waiting = ["A>PASV", "A<227", "B>PORT", "B<200", "A>STOR", "A<150", "B>RETR", "B<226", "A<226"];
    expect(countTurns(conversation("A<220", "B<220", ...waiting))).toBe(4);
  });

  test("the same conversation has the same turns at any speed", () => {
    const chunks = conversation("A<220", "A>USER", "A<331", "A>PASS", "A<230");
    const slow = chunks.map((one) => ({ ...one, atMs: one.atMs * 1_000 }));
    expect(countTurns(slow)).toBe(countTurns(chunks));
  });
});

describe("what passed", () => {
  test("commands are counted by verb and without arguments, wherever chunks are cut", () => {
    const [first, second] = conversation("A>USER me\r\nPASS sec", "A>ret\r\nretr x");
    if (first === undefined || second === undefined) throw new Error("two chunks");
    const cut = { ...first, text: first.text.slice(0, -2) };
    const { commands, verbs, connections } = count([cut, second]);
    expect({ commands, verbs, connections }).toEqual({
      commands: 3,
      verbs: { USER: 1, PASS: 1, RETR: 1 },
      connections: 1,
    });
  });

  test("the moving begins with the first transfer command and ends with the last 226", () => {
    const seen = count(conversation("A<220", "A>PASV", "A>STOR x", "B>PORT\r\nRETR x", "B<226", "A<226 ok"));
    expect(seen).toMatchObject({ firstTransferMs: 20, lastTransferMs: 30, lastCompletionMs: 50 });
  });

  test("TLS hides commands but not turns", () => {
    const { commands, turns, verbs } = count(
      conversation("A<220", "A>AUTH TLS", "A<234", "A>\x16\x03\x01\nabc"),
    );
    expect({ commands, turns, verbs }).toEqual({ commands: undefined, turns: 2, verbs: {} });
  });
});
