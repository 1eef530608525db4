import { expect, test } from "vitest";
import type { ListingEntry } from "../../../../src/ftp/listing/entry.ts";
import { convertible } from "../../../../src/mirror/decide/conversion.ts";
import type { Rules } from "../../../../src/mirror/decide/plan.ts";
import type { ListedDirectory } from "../../../../src/mirror/decide/tree.ts";

const listed = (...names: readonly string[]): ListedDirectory => ({
  kind: "listed",
  entries: names.map((name): ListingEntry => ({ name, kind: "file" })),
  isDoubtful: false,
  isWhole: true,
});
const rules: Rules = { links: "follow", leaves: (path) => (path === "in/out" ? "excluded" : undefined) };
const refuses = (names: readonly string[]) => (name: string) => (names.includes(name) ? "no" : undefined);

test("a source name that cannot be converted fails by name, unless it is excluded; a target's stays", () => {
  const { source, target, found } = convertible(
    "in",
    listed("a", "out", "表", "\udcff"),
    listed("a", "b", "é"),
    rules,
    { toTarget: refuses(["out", "表", "\udcff"]), toSource: refuses(["é"]) },
  );
  expect(source.entries.map(({ name }) => name)).toEqual(["a"]);
  expect(target.entries.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(found).toEqual([
    { step: "leave", path: "in/out", because: "excluded", isAtSource: true },
    { step: "fault", path: "in/表", because: "no", isRefusedName: true },
    { step: "fault", path: "in/\udcff", because: "no" },
    { step: "leave", path: "in/é", because: "no", isAtSource: false },
  ]);
});
