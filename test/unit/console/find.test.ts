import { expect, test } from "vitest";
import { findCommand } from "../../../src/console/command.ts";
import { COMMANDS } from "../../../src/console/command-table.ts";

const meaning = (name: string) => {
  const found = findCommand(name, COMMANDS);
  return found.kind === "command" ? found.command.name : found.kind;
};

test.each([
  ["bi", "binary"],
  ["bin", "binary"],
  ["ha", "hash"],
  ["mdel", "mdelete"],
  ["del", "delete"],
  ["pu", "put"],
  ["us", "user"],
  ["asc", "ascii"],
  ["op", "open"],
  ["prom", "prompt"],
  ["mp", "mput"],
  ["mg", "mget"],
  ["lc", "lcd"],
  ["quo", "quote"],
  ["lit", "literal"],
  ["ver", "verbose"],
])("the abbreviation %s that old scripts use means %s", (name, expected) => {
  expect(meaning(name)).toBe(expected);
});

test("an abbreviation of several commands means none of them", () => {
  expect(meaning("c")).toBe("ambiguous");
  expect(meaning("qu")).toBe("ambiguous");
});

test("an unknown command is answered with the nearest known one", () => {
  expect(findCommand("mgte", COMMANDS)).toEqual({ kind: "unknown", nearest: "mget" });
  expect(findCommand("frobnicate", COMMANDS)).toEqual({ kind: "unknown", nearest: undefined });
});

test("no two commands have one name", () => {
  const names = COMMANDS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
