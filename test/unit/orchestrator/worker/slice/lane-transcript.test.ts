import { expect, test } from "vitest";
import type { TransferEvent } from "../../../../../src/batch/events.ts";
import { LaneTranscript } from "../../../../../src/orchestrator/worker/slice/lane-transcript.ts";

let nowMs = 1_000;
const clock = { now: () => (nowMs += 1), sleep: async () => {} };
const say = (text: string) => ({ host: "a", from: "us", text }) as const;
const start = (name: string) =>
  ({ event: "start", source: `a:/${name}`, target: `b:/${name}`, size: 1 }) as const;
const ended = (name: string, outcome: TransferEvent["outcome"]): TransferEvent => ({
  event: "transfer",
  ...{ source: `a:/${name}`, target: `b:/${name}`, outcome, because: "", bytes: 0, resumedFrom: 0 },
  ...{ by: null, method: null, protected: null, digest: null, seconds: 0, attempts: 1 },
});
const texts = (transcript: ReturnType<LaneTranscript["note"]>) => transcript?.lines.map(({ text }) => text);

test("of a file that fails all is kept from the login before it to its end, each line with its time", () => {
  const lane = new LaneTranscript(clock, false);
  lane.add(say("USER x"));
  lane.note(start("one"));
  lane.add(say("STOR one"));
  lane.note(start("one"));
  lane.add(say("STOR one again"));
  const kept = lane.note(ended("one", "failed"));
  expect(texts(kept)).toEqual(["USER x", "STOR one", "STOR one again"]);
  expect(kept).toMatchObject({ source: "a:/one", target: "b:/one", outcome: "failed" });
  const times = kept?.lines.map(({ at }) => at) ?? [];
  expect(times).toEqual([...times].sort((one, two) => one - two));
});

test("of a file that goes well nothing is kept, unless all was asked for", () => {
  for (const keepsAll of [false, true]) {
    const lane = new LaneTranscript(clock, keepsAll);
    lane.note(start("one"));
    lane.add(say("STOR one"));
    expect(texts(lane.note(ended("one", "succeeded")))).toEqual(keepsAll ? ["STOR one"] : undefined);
  }
});

test("what is said while one file waits for its name and the next one moves is in both", () => {
  const lane = new LaneTranscript(clock, false);
  lane.note(start("one"));
  lane.add(say("STOR one"));
  lane.note(start("two"));
  lane.add(say("STOR two"));
  expect(lane.note(ended("one", "succeeded"))).toBeUndefined();
  lane.add(say("RNTO two"));
  expect(texts(lane.note(ended("two", "failed")))).toEqual(["STOR two", "RNTO two"]);
});

test("of a long conversation the beginning and the end are kept, within a bound, and it says what is missing", () => {
  const lane = new LaneTranscript(clock, false);
  lane.note(start("one"));
  for (let at = 0; at < 1_000; at += 1) lane.add(say(`NOOP ${at}`));
  lane.add(say("x".repeat(100_000)));
  const kept = lane.note(ended("one", "failed"));
  const lines = texts(kept) ?? [];
  expect(lines[0]).toBe("NOOP 0");
  expect(lines.at(-2)).toBe("NOOP 999");
  expect(lines.filter((line) => /^… \d+ lines left out$/.test(line))).toHaveLength(1);
  expect(JSON.stringify(kept).length).toBeLessThan(20_000);
});

test("what was said while no file could begin is given out once", () => {
  const lane = new LaneTranscript(clock, false);
  lane.note(start("one"));
  lane.add(say("STOR one"));
  lane.note(ended("one", "succeeded"));
  lane.add(say("USER tester"));
  expect(lane.rest("a", "b")).toMatchObject({
    ...{ during: "connecting", source: "a", target: "b", outcome: "failed" },
    lines: [{ text: "USER tester" }],
  });
  expect(lane.rest("a", "b")).toBeUndefined();
});

test("what is said of a file is put into words only where it is kept, and each line once", () => {
  for (const outcome of ["succeeded", "failed"] as const) {
    const lane = new LaneTranscript(clock, false);
    let read = 0;
    lane.note(start("one"));
    for (let at = 0; at < 10; at += 1)
      lane.add({
        ...{ host: "a", from: "us" },
        get text() {
          read += 1;
          return `NOOP ${at}`;
        },
      });
    lane.note(ended("one", outcome));
    expect(read).toBe(outcome === "failed" ? 10 : 0);
  }
});

test("of a reply that takes memory only what is kept of it is held", () => {
  const lane = new LaneTranscript(clock, false);
  lane.note(start("one"));
  let read = 0;
  const reply = { code: 213, lines: ["Status:", "x".repeat(100_000), "End"] };
  lane.add({
    ...{ host: "a", from: "server", reply },
    get text() {
      read += 1;
      return reply.lines.join(" / ");
    },
  });
  expect(read).toBe(1);
});
