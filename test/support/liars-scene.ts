import { expect } from "vitest";
import { moveOne } from "./pair.ts";
import { type Script, type ScriptedPair, scriptedPair } from "./scripted-server.ts";

export const CONTENT = Buffer.from("all of it, to the last octet");
export const OLD = Buffer.from("what stood there");
export const times = { timeouts: { connectMs: 2_000, replyMs: 1_500, stallMs: 1_500, idleMs: 60_000 } };

/** Two servers, a file at the source and an old one at the target. */
export async function servers(source: Script, target: Script): Promise<ScriptedPair> {
  const both = await scriptedPair(source, target, CONTENT);
  both.target.files.set("/file", OLD);
  return both;
}

export const move = (both: ScriptedPair, fxp: "prefer" | "only" = "only") =>
  moveOne({ ...both, from: "file", to: "file", policy: { fxp }, settings: times });

/** The old file stands, and nothing else does. */
export function expectUntouched({ target }: ScriptedPair): void {
  expect([...target.files.keys()]).toEqual(["/file"]);
  expect(target.files.get("/file")).toEqual(OLD);
}
