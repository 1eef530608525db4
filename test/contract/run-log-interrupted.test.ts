import { expect, test } from "vitest";
import { countsScene, DOCUMENTS } from "../support/counts-scene.ts";

// What the log of a run says that was interrupted and has gone on.

const scene = countsScene("logged");
const { ask, hasCopied, hasEnded, pause } = scene;

test("a run that is paused and resumed has one end in its log, which says that it was paused", async () => {
  await ask(DOCUMENTS.mirror);
  await scene.one.worker();
  await hasCopied(4);
  await pause();
  await scene.one.installation.control.resume("run");
  expect(await hasEnded()).toMatchObject({ outcome: "succeeded" });
  const events = (await scene.one.installation.store.logs("run")).map(({ event }) => event);
  const ends = events.flatMap((event) => (event.event === "summary" ? [event.outcome] : []));
  const notes = events.flatMap((event) => (event.event === "note" ? [event.because] : []));
  expect(ends).toEqual(["succeeded"]);
  expect(notes.filter((note) => note === "paused" || note.startsWith("directories: "))).toEqual([
    "paused",
    expect.stringMatching(/^directories: 1 compared/),
  ]);
});
