import { expect, test } from "vitest";
import { ReplyError } from "../../../src/ftp/errors.ts";
import { isRedisFault } from "../../../src/orchestrator/kv/faults.ts";

test("what an FTP server refuses is no fault of Redis, so that its run ends and does not begin again", () => {
  const error = new ReplyError("alpha", { verb: "LIST" }, { code: 550, lines: ["no"] });
  expect(error.name).toBe("ReplyError");
  expect(isRedisFault(error)).toBe(false);
});

test("what Redis refuses is a fault of Redis", () => {
  expect(isRedisFault(Object.assign(new Error("OOM command not allowed"), { name: "ReplyError" }))).toBe(
    true,
  );
});
