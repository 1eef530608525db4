import { afterEach, beforeEach, expect, test } from "vitest";
import type { Desk } from "../support/desk.ts";
import { deskHere } from "../support/desk-here.ts";
import { type TreeServer, treeServer } from "../support/tree-server.ts";
import { treeOf } from "../support/trees.ts";

const REPLY = "425 Can't open data connection";
const LISTS = ["MLSD", "LIST", "STAT"];

let source: TreeServer;
let target: TreeServer;
let desk: Desk;

beforeEach(async () => {
  const tree = treeOf({ files: 4, directories: 2, octets: [5, 5] });
  [source, target] = await Promise.all([treeServer({ tree }), treeServer()]);
  desk = await deskHere({ source, target });
});
afterEach(async () => {
  for (const one of [source, target, desk]) await one[Symbol.asyncDispose]();
});

test.each([
  ["ls", "source:/"],
  ["ls", "source:/**"],
  ["copy", "source:/**", "target:/"],
  ["mirror", "source:/", "target:/"],
  ["diff", "source:/", "source:/"],
])("%s %s gets over one refused data connection for a listing, but not with --retries 0", async (...line) => {
  source.fault({ kind: "refusal", verbs: ["MLSD"], reply: REPLY, times: 1 });
  expect(await desk.fxpd(...line)).toMatchObject({ status: 0, err: "" });
  source.fault({ kind: "refusal", verbs: LISTS, reply: REPLY, times: 3 });
  const { status, err } = await desk.fxpd(...line, "--retries", "0");
  expect(err).toContain(REPLY);
  expect(status).not.toBe(0);
});
