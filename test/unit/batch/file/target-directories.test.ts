import { expect, test } from "vitest";
import { TargetDirectories } from "../../../../src/batch/file/target-directories.ts";
import { faults, refused } from "../../../support/memory-faults.ts";
import { MemoryHost } from "../../../support/memory-side.ts";

const { signal } = new AbortController();

test("each directory that exists is known to do so without waiting, whichever came after it", async () => {
  const host = new MemoryHost("target");
  const directories = new TargetDirectories();
  directories.exists("/a");
  await directories.make(host.place.connect(), "/b", signal);
  directories.exists("/c");
  expect(["/a", "/b", "/c", "/d"].filter((one) => directories.isThere(one))).toEqual(["/a", "/b", "/c"]);
});

test("one that is being made is waited for, and is made once", async () => {
  const host = new MemoryHost("target");
  const directories = new TargetDirectories();
  const making = [1, 2].map(() => directories.make(host.place.connect(), "/a", signal));
  expect(directories.isThere("/a")).toBe(false);
  await Promise.all(making);
  await directories.make(host.place.connect(), "/a", signal);
  expect(directories.isThere("/a")).toBe(true);
  expect(host.done("makeDirectory")).toHaveLength(1);
});

test("one that could not be made is tried again", async () => {
  const fault = faults({ verb: "makeDirectory", times: 1, fault: refused(550, "no") });
  const host = new MemoryHost("target", undefined, { fault });
  const directories = new TargetDirectories();
  await expect(directories.make(host.place.connect(), "/a", signal)).rejects.toThrow(/550 no/);
  await directories.make(host.place.connect(), "/a", signal);
  expect(directories.isThere("/a")).toBe(true);
});
