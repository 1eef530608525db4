import { describe, expect, test } from "vitest";
import { mirror } from "../../../src/mirror/mirror.ts";
import { pathBetween } from "../../../src/mirror/path-between.ts";
import { copyDeps } from "../../support/edges.ts";
import { MemoryHost } from "../../support/memory-side.ts";
import { directory, file } from "../../support/memory-tree.ts";
import { type Asked, mirrorRequest, quickClock, writtenHere } from "../../support/mirror-scene.ts";

test.each([
  ["ftp://u@h//pub", "ftp://u@h//pub/a/b", "a/b"],
  ["ftp://u@h//pub/a/", "ftp://u@h//pub", "a"],
  ["ftp://u@h//pub/./x/../a", "ftp://u@h//pub/a/", ""],
  ["ftp://u@h//pub", "ftp://u@h//public", undefined],
  ["ftp://u@h//pub", "ftp://u@g//pub", undefined],
  ["file:///", "file:///a", "a"],
])("between %s and %s there is %j", (one, two, path) => {
  expect(pathBetween(one, two)).toBe(path);
  expect(pathBetween(two, one)).toBe(path);
});

/** A mirror within one host. */
async function within(host: MemoryHost, from: string, to: string, asked: Asked = {}) {
  const root = (path: string) => ({ place: host.place, path, shown: `host:${path}` });
  const request = mirrorRequest(host.place, host.place, { source: root(from), target: root(to), ...asked });
  const { deps } = copyDeps({ clock: quickClock });
  return mirror(request, { ...deps, written: writtenHere() }, new AbortController().signal);
}

describe("two trees of which one lies in the other", () => {
  const tree = directory({ pub: directory({ a: directory({ f: file("f") }), g: file("g") }) });

  test.each([
    ["/pub", "/pub/a"],
    ["/pub/a", "/pub"],
    ["/pub", "/pub"],
  ])("are refused: %s, %s", async (from, to) => {
    const host = new MemoryHost("host", tree);
    const summary = await within(host, from, to);
    expect(summary).toMatchObject({
      outcome: "refused",
      because: expect.stringMatching(/source and target overlap/),
    });
    expect(host.tree.snapshot()).toEqual(tree);
  });

  test("are mirrored where a rule leaves the inner one alone", async () => {
    const leaves = (path: string) => (path === "a" ? "a rule" : undefined);
    const host = new MemoryHost("host", tree);
    const summary = await within(host, "/pub", "/pub/a", { scan: { leaves }, deletes: false });
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 1 } });
    const pub = directory({ a: directory({ f: file("f"), g: file("g") }), g: file("g") });
    expect(host.tree.snapshot()).toEqual(directory({ pub }));
  });

  test("are apart where their names only begin alike", async () => {
    const host = new MemoryHost("host", tree);
    const summary = await within(host, "/pub", "/public");
    expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 2 } });
  });
});
