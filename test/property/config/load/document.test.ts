import fc from "fast-check";
import { expect, test } from "vitest";
import { formatFault, readDocument } from "../../../../src/config/load/document.ts";
import { HostFile } from "../../../../src/config/schema/hosts.ts";

test("a password in the wrong place of a host file is in no message", () => {
  const password = fc
    .tuple(
      fc.constantFrom("", "*", "&", "!", "@", "%", "|", ">", '"', "'", "[", "{", "#", "- ", "? "),
      fc.string(),
    )
    .map(([first, rest]) => `${first}hunter2${rest}`);
  const line = fc.constantFrom(
    "password: $",
    "passwordFrom: $",
    "passwordFrom: {env: $}",
    "passwordFrom: {command: $}",
    "passwordFrom:\n  file:\n  - $",
    "user: {password: $}",
    "address: $",
    "tls: $",
    "limits: {connections: $}",
    "timeouts: {reply: $}",
    "dataAddresses: [$]",
    "rubbish: $",
  );
  fc.assert(
    fc.property(password, fc.array(line, { minLength: 1, maxLength: 3 }), (secret, lines) => {
      const read = readDocument(
        "h.yaml",
        lines.join("\n").replaceAll("$", () => secret),
        HostFile,
      );
      const sentences = read.kind === "valid" ? [] : read.faults.map(({ message }) => message);
      expect(sentences.join("\n")).not.toContain("hunter2");
    }),
    { numRuns: 1_000 },
  );
});

test("any text gives a value or faults that are in the file", () => {
  const text = fc
    .array(
      fc.constantFrom(
        "address",
        ": ",
        "h",
        "\n",
        "  ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        "tls",
        "&a",
        "*a",
        "#",
        "---\n",
      ),
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (given) => {
      const read = readDocument("h.yaml", given, HostFile);
      if (read.kind === "valid") return;
      expect(read.faults).not.toEqual([]);
      for (const fault of read.faults) {
        expect(fault.line).toBeLessThanOrEqual(given.split(/\r?\n/).length);
        expect(formatFault(fault)).toMatch(/^h\.yaml:[1-9]\d*:[1-9]\d*: \S/);
      }
    }),
    { numRuns: 1_000 },
  );
});
