import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../src/console/command-table.ts";
import { exampleOf } from "../../../src/console/examples.ts";
import { connected, play } from "../../support/console-world.ts";

describe("examples of help", () => {
  test.each(COMMANDS.map((command) => [command.name, command] as const))("%s", (name, command) => {
    const example = exampleOf(command, COMMANDS);
    if (command.usage === name) expect(example).toBeUndefined();
    else {
      expect(example?.split(" ")[0]).toBe(name);
      expect(play([example ?? ""], { here: { README: {} } }, connected("both")).err).not.toContain("usage:");
      expect(play([`help ${name}`]).out).toContain(`example: ${example}\n`);
    }
  });
});
