import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replaceAtomically } from "../../../../src/mirror/carry/replace-atomically.ts";
import { writeStamp } from "../../../../src/mirror/carry/stamp.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { FtpSide } from "../../../../src/transfer/sides/ftp-side.ts";
import { settingsFor } from "../../../support/settings.ts";
import { type TreeServer, treeServer } from "../../../support/tree-server.ts";

const signal = new AbortController().signal;
let server: TreeServer;
let side: FtpSide;
beforeEach(async () => {
  server = await treeServer();
  side = new FtpSide(settingsFor("target", server), { clock: systemClock });
});
afterEach(async () => {
  await side.close();
  await server[Symbol.asyncDispose]();
});

const names = () => server.tree.list("/")?.map(({ name }) => name);
const stamp = (text: string) => writeStamp(side, "/stamp", text, signal);

describe("a stamp", () => {
  test("takes the place of the one before", async () => {
    await stamp("one");
    await stamp("two");
    expect(server.tree.read("/stamp")?.toString()).toBe("two");
    expect(names()).toEqual(["stamp"]);
  });

  test("takes it also on a server that does not rename over a file", async () => {
    await stamp("one");
    server.fault({ kind: "refusal", verbs: ["RNTO"], at: "/stamp", reply: "550 File exists", times: 1 });
    await stamp("two");
    expect(server.tree.read("/stamp")?.toString()).toBe("two");
    expect(names()).toEqual(["stamp"]);
  });

  test("that cannot be written leaves the one before, and nothing else", async () => {
    await stamp("one");
    server.fault({ kind: "refusal", verbs: ["RNTO"], at: "/stamp", reply: "553 Not allowed", times: 2 });
    await expect(stamp("two")).rejects.toThrow(/553 Not allowed/);
    expect(server.tree.read("/stamp")?.toString()).toBe("one");
    expect(names()).toEqual(["stamp"]);
  });
});

test("what cannot be made is not put anywhere", async () => {
  const make = () => Promise.reject(new Error("no way"));
  await expect(replaceAtomically(side, "/stamp", make, undefined, signal)).rejects.toThrow("no way");
  expect(server.count("RNFR")).toBe(0);
  expect(names()).toEqual([]);
});
