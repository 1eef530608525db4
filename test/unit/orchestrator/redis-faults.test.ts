import { expect, test } from "vitest";
import { ReplyError } from "../../../src/ftp/errors.ts";
import { RedisError } from "../../../src/orchestrator/errors.ts";
import { isRedisFault, redisWords } from "../../../src/orchestrator/kv/faults.ts";

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

const answered = (message: string) => Object.assign(new Error(message), { name: "ReplyError" });

test.each([
  [
    answered("OOM command not allowed when used memory > 'maxmemory'. script: 0af1, on @user_script:22."),
    "Redis is full; increase its maxmemory, or delete data (OOM command not allowed when used memory > 'maxmemory'.)",
  ],
  [
    answered("MISCONF Errors writing to the AOF file: No space left on device"),
    "Redis cannot write to its disk; free some disk space (MISCONF Errors writing to the AOF file: No space left on device)",
  ],
  [
    answered("LOADING Redis is loading the dataset in memory"),
    "Redis is still loading its data; try again when it is done (LOADING Redis is loading the dataset in memory)",
  ],
  [new Error("Connection is closed."), "Redis does not respond (Connection is closed.)"],
  [new RedisError("no Redis at x: connection refused"), "no Redis at x: connection refused"],
  [answered("ERR wrong number of arguments"), undefined],
  [new TypeError("x is undefined"), undefined],
])("%s is said with what to do about it", (error, sentence) => {
  expect(redisWords(error)).toBe(sentence);
});
