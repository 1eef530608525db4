import { expect, test } from "vitest";
import { ConnectionError, NoDataConnectionError, ReplyError } from "../../../../src/ftp/errors.ts";
import { ListingError } from "../../../../src/ftp/listing/errors.ts";
import { requireNoFileInPath } from "../../../../src/transfer/sides/file-in-path.ts";

const signal = new AbortController().signal;
const refused = (line: string) =>
  new ReplyError("edge", { verb: "LIST", argument: "" }, { code: Number(line.slice(0, 3)), lines: [line] });
const look = (answer: () => Promise<undefined | { readonly kind: "file" | "directory" }>) =>
  requireNoFileInPath({ name: "edge", facts: answer }, "/incoming/new", signal);

test.each([
  ["a refused listing", () => refused("550 denied")],
  ["a listing that cannot be read", () => new ListingError("unreadable")],
  ["no data connection", () => new NoDataConnectionError("none")],
])("what a server does not tell is no file in the way: %s", async (_, error) => {
  await expect(look(() => Promise.reject(error()))).resolves.toBeUndefined();
});

test.each([
  ["a connection that is lost", () => new ConnectionError("reset")],
  ["a server that closes", () => refused("421 closing")],
])("%s stays an error", async (_, error) => {
  const thrown = error();
  await expect(look(() => Promise.reject(thrown))).rejects.toBe(thrown);
});

test("a file is", async () => {
  await expect(look(() => Promise.resolve({ kind: "file" }))).rejects.toThrow(/incoming\/new: is a file/);
});
