import fc from "fast-check";
import { expect, test } from "vitest";
import { line, RecordedRun } from "../../../src/state/runs/run-lines.ts";

const RECORD = `${JSON.stringify({ machine: "a", process: 1, since: "1", isFree: false })}\n`;

const name = fc.stringMatching(/^[0-9a-f]{1,3}$/);
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant('a\nend "\u{1f4be}'));
const begun = fc.record(
  { source: text, sizeBytes: fc.nat(), modifiedMs: fc.nat() },
  { requiredKeys: ["source"] },
);
const action = fc.oneof(
  fc.record({ verb: fc.constant("tree" as const), tree: text }),
  fc.constant({ verb: "idle" as const }),
  fc.record({ verb: fc.constant("begin" as const), key: name, begun }),
  fc.record({ verb: fc.constant("end" as const), key: name }),
  fc.record({ verb: fc.constant("finished" as const), journal: name, target: text }),
  fc.record({ verb: fc.constant("closed" as const), journal: name }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function lineOf(one: Action): string {
  if (one.verb === "tree") return line.tree(one.tree);
  if (one.verb === "idle") return line.idle();
  if (one.verb === "begin") return line.begin(one.key, one.begun);
  if (one.verb === "end") return line.end(one.key);
  if (one.verb === "finished") return line.finished(one.journal, JSON.stringify({ target: one.target }));
  return line.closed(one.journal);
}

/** What a log says in which this happened. */
function modelOf(actions: readonly Action[]) {
  const [trees, had, finished] = [new Set<string>(), new Map<string, object>(), new Map<string, string[]>()];
  for (const one of actions) {
    if (one.verb === "tree") trees.add(one.tree);
    if (one.verb === "idle") trees.clear();
    if (one.verb === "begin") had.set(one.key, one.begun);
    if (one.verb === "end") had.delete(one.key);
    if (one.verb === "finished")
      finished.set(one.journal, [
        ...(finished.get(one.journal) ?? []),
        JSON.stringify({ target: one.target }),
      ]);
    if (one.verb === "closed") finished.delete(one.journal);
  }
  return { trees, begun: had, finished };
}

const said = ({ trees, begun: had, finished }: RecordedRun) => ({ trees, begun: had, finished });

test("a log that is cut anywhere says what its whole lines say, in whatever pieces it is read", () => {
  fc.assert(
    fc.property(fc.array(action), fc.nat(), fc.array(fc.nat()), (actions, cut, pieces) => {
      const lines = actions.map(lineOf);
      const whole = Buffer.from(RECORD + lines.join(""));
      const bytes = whole.subarray(0, cut % (whole.length + 1));
      const state = new RecordedRun();
      const ends = [...pieces.map((at) => at % (bytes.length + 1)), bytes.length].sort(
        (one, two) => one - two,
      );
      for (const [index, end] of ends.entries()) state.push(bytes.subarray(ends[index - 1] ?? 0, end));
      const lineFeeds = bytes.filter((byte) => byte === 0x0a).length;
      expect(said(state)).toEqual(modelOf(actions.slice(0, Math.max(0, lineFeeds - 1))));
    }),
  );
});

test("a line that was written in part, and the line feed that is written behind it, change nothing", () => {
  fc.assert(
    fc.property(fc.array(action), action, fc.nat(), fc.array(action), (before, torn, at, after) => {
      const part = Buffer.from(lineOf(torn));
      const length = at % part.length;
      // Without its last byte a line may be whole, and then counts.
      const isWhole = length === part.length - 1;
      const state = new RecordedRun();
      state.push(Buffer.from(RECORD + before.map(lineOf).join("")));
      // What is cut within a name is another name: no key is the beginning of another.
      const isCutName =
        "key" in torn || "journal" in torn ? length <= `${torn.verb} 012`.length && !isWhole : false;
      state.push(Buffer.concat([part.subarray(0, isCutName ? 0 : length), Buffer.from("\n")]));
      state.push(Buffer.from(after.map(lineOf).join("")));
      const expected = modelOf([...before, ...(isWhole ? [torn] : []), ...after]);
      const { trees, begun: had, finished } = said(state);
      expect({ trees, begun: had }).toEqual({ trees: expected.trees, begun: expected.begun });
      // A journal reads its lines by itself, and passes over what is no JSON.
      for (const [journal, texts] of expected.finished)
        expect(finished.get(journal)).toEqual(expect.arrayContaining(texts));
    }),
  );
});
