import { expect, test } from "vitest";
import { problemOf, readAs, Refusal } from "../../../src/api/problem.ts";
import type { Submission } from "../../../src/api/views/submission-schemas.ts";
import { submissionSchemaFor } from "../../../src/api/views/submission-schemas.ts";
import { ControlError } from "../../../src/orchestrator/runs/control.ts";
import { RedisError } from "../../../src/orchestrator/errors.ts";
import { ConfigError } from "../../../src/shared/errors.ts";

test.each([
  [new Refusal(405, "this endpoint supports only GET"), 405, "this endpoint supports only GET"],
  [new ControlError("unknown", "no such run: r"), 404, "no such run: r"],
  [new ControlError("conflict", "r has ended: failed"), 409, "r has ended: failed"],
  [new ConfigError("first\nsecond"), 422, "first"],
  [new RedisError("no Redis at x"), 503, "Redis does not respond; try again later"],
  [
    Object.assign(new Error("OOM command not allowed"), { name: "ReplyError" }),
    503,
    "Redis is full; increase its maxmemory, or delete data (OOM command not allowed)",
  ],
  [new TypeError("hush"), 500, "internal error; see the daemon's log"],
])("%s is told as %i", (error, status, detail) => {
  expect(problemOf(error, false)).toMatchObject({ type: "about:blank", status, detail });
});

test("whatever fails while Redis is away fails for that", () => {
  expect(problemOf(new Error("Connection is closed."), true)).toMatchObject({ status: 503 });
  expect(problemOf(new ControlError("unknown", "no such run: r"), true)).toMatchObject({ status: 404 });
});

const submission = (body: unknown) => readAs("body", body, submissionSchemaFor as () => typeof Submission);

test.each([
  [{}, "body: expected job, copy or mirror"],
  [[], "body: expected job, copy or mirror"],
  ["job", "body: expected job, copy or mirror"],
  [null, "body: expected job, copy or mirror"],
  [{ job: "../etc/x" }, "body: job: expected the name of a job"],
  [{ job: "x".repeat(256) }, "body: job: expected at most 255 characters"],
  [{ job: "a", dryrun: true }, "body: dryrun: unknown key; did you mean dryRun?"],
  [{ job: "a", dryRun: "yes" }, "body: dryRun: expected true or false"],
  [{ copy: { from: "a:x" } }, "body: copy.to: is missing; expected a location such as host:path"],
  [
    { mirror: { from: "ftp://me:hush@h/x", to: "b:" } },
    "body: mirror.from: do not put passwords in a request; create a host file with passwordFrom, or use ~/.netrc",
  ],
  [{ mirror: { from: "a:x", to: "b:x" }, name: "a/b" }, "body: name: expected the name of a job"],
])("%j is refused: %s", (body, message) => {
  expect(() => submission(body)).toThrow(expect.objectContaining({ status: 422, message }));
});

test.each(["schedule", "after", "watch", "rulesFrom"])("what is asked for now has no %s", (key) => {
  expect(() => submission({ copy: { from: "a:x", to: "b:x" }, [key]: {} })).toThrow(
    `body: ${key}: unknown key`,
  );
});

test("all faults are listed by key, and no value is repeated", () => {
  const body = { mirror: { from: "ftp://me:hush@h/x", to: "ftp://me:hush@h/*" }, verify: "hush" };
  const error = (() => {
    try {
      return submission(body);
    } catch (thrown) {
      return thrown;
    }
  })();
  const problem = problemOf(error, false);
  expect(problem.faults?.map(({ key }) => key)).toEqual(["mirror.from", "mirror.to", "verify"]);
  expect(JSON.stringify(problem)).not.toContain("hush");
});
